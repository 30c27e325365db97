/** Writes the reference page of the command line, docs/cli.md, from the commands themselves. `--check` only says whether it is true. */

import { readFileSync, writeFileSync } from "node:fs";
import { argv, exit } from "node:process";
import type { Command } from "../src/cli/command.ts";
import { COMMANDS } from "../src/cli/commands.ts";

const PAGE = new URL("../docs/cli.md", import.meta.url);

const kebab = (key: string) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const cell = (text: string) => text.replaceAll("|", "\\|");

function section(command: Command): string {
  const args = command.args.map(({ name, isMany, isOptional }) => {
    const text = isMany ? `${name}…` : name;
    return isOptional ? `[${text}]` : `<${text}>`;
  });
  const lines = [
    `## windrow ${command.name}`,
    "",
    `\`windrow ${[command.name, ...args].join(" ")}\`: ${command.summary}.`,
  ];
  const options = Object.entries(command.options);
  if (command.args.length > 0) lines.push("", ...command.args.map((arg) => `- \`${arg.name}\`: ${arg.summary}`));
  if (options.length > 0) {
    lines.push("", "| option | | default |", "| --- | --- | --- |");
    for (const [key, { value, summary, fallback, isRequired }] of options) {
      const fallbackText = isRequired ? "required" : (fallback ?? "");
      lines.push(
        `| \`--${kebab(key)}${value === undefined ? "" : ` ${value}`}\` | ${cell(summary)} | ${cell(fallbackText)} |`,
      );
    }
  }
  if (command.examples !== undefined) lines.push("", "```sh", ...command.examples, "```");
  return lines.join("\n");
}

/** The page's text. */
function page(): string {
  return [
    "# The command line",
    "",
    "Every command also takes `--json` (one machine-readable result on stdout), `--quiet` and `--help`. People's text and progress go to stderr.",
    "Exit codes: 0 done, 1 the answer is no, 2 asked wrongly, 3 failed. Written by `npm run docs`.",
    "",
    ...COMMANDS.map((command) => `${section(command)}\n`),
  ].join("\n");
}

if (argv.includes("--check")) {
  const isTrue = readFileSync(PAGE, "utf8") === page();
  if (!isTrue) console.error("docs/cli.md is not what the commands say: run npm run docs");
  exit(isTrue ? 0 : 1);
}
writeFileSync(PAGE, page());
