/** The `windrow` command: finds the command, parses, calls, prints. */

import process from "node:process";
import { CommanderError, Option, Command as Program } from "commander";
import { WindrowError } from "../core/index.ts";
import { PACKAGE_VERSION } from "../verbs/version.ts";
import { type ArgumentSpec, type Command, type Io, kebab, type OptionSpec } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { terminalProgress } from "./terminal.ts";

const SILENT = { stage: () => {}, at: () => {}, note: () => {}, end: () => {} };

/** A value that could not be read, with the option's name before it. */
function optionError(key: string, error: unknown): unknown {
  return error instanceof WindrowError
    ? new WindrowError("usage", `Cannot use --${kebab(key)}: ${error.message}`, { cause: error })
    : error;
}

function optionOf(key: string, spec: OptionSpec<unknown>): Option {
  const flags = `--${kebab(key)}${spec.value === undefined ? "" : ` ${spec.value}`}`;
  const summary = spec.fallback === undefined ? spec.summary : `${spec.summary} (default: ${spec.fallback})`;
  const option = new Option(flags, summary).makeOptionMandatory(spec.isRequired === true);
  if (spec.value === undefined) return option;
  return option.argParser((text: string) => {
    try {
      return spec.parse(text);
    } catch (error) {
      throw optionError(key, error);
    }
  });
}

function argumentOf(spec: ArgumentSpec): string {
  const name = spec.isMany ? `${spec.name}...` : spec.name;
  return spec.isOptional ? `[${name}]` : `<${name}>`;
}

function ioOf(
  options: { readonly json?: boolean; readonly quiet?: boolean },
  signal: AbortSignal,
): Io & { end(): void } {
  const isQuiet = options.quiet === true;
  const progress = isQuiet ? SILENT : terminalProgress(process.stderr);
  return {
    isJson: options.json === true,
    result(value, lines) {
      progress.end();
      const text = options.json ? JSON.stringify(value) : lines().join("\n");
      if (text !== "") process.stdout.write(`${text}\n`);
    },
    say(line) {
      // Not on the line of a bar.
      progress.end();
      if (!isQuiet) process.stderr.write(`${line}\n`);
    },
    progress,
    signal,
    end: () => progress.end(),
  };
}

/** Hangs a command below the program, or below the program's command of its first word. */
function addCommand(program: Program, spec: Command, finish: (code: number) => void, signal: AbortSignal): void {
  const [first, second] = spec.name.split(" ") as [string, string | undefined];
  const group =
    second === undefined
      ? program
      : (program.commands.find((each) => each.name() === first) ??
        program.command(first).description(groupSummary(first)));
  const command = group
    .command(second ?? first)
    .summary(spec.summary)
    .description(spec.summary);
  for (const argument of spec.args) command.argument(argumentOf(argument), argument.summary);
  for (const [key, option] of Object.entries(spec.options)) command.addOption(optionOf(key, option));
  command
    .option("--json", "print one machine-readable result on stdout")
    .option("--quiet", "say nothing but the result");
  if (spec.examples !== undefined)
    command.addHelpText("after", `\nExamples:\n${spec.examples.map((line) => `  $ ${line}`).join("\n")}`);
  command.action(async (...given: unknown[]) => {
    const options = given.at(-2) as Record<string, unknown>;
    const args = given
      .slice(0, -2)
      .flat()
      .filter((value) => value !== undefined) as string[];
    const io = ioOf(options, signal);
    try {
      finish(await spec.run({ args, options, io }));
    } finally {
      io.end();
    }
  });
}

const GROUPS: Readonly<Record<string, string>> = {
  materialize: "recordings in, training shards out",
  baseline: "judge forecasts against what happened",
  simulate: "make recordings with known truth",
  plan: "print the plan of a materialization as JSON",
};

function groupSummary(name: string): string {
  return GROUPS[name] ?? name;
}

function programOf(finish: (code: number) => void, signal: AbortSignal): Program {
  const program = new Program("windrow");
  program
    .description("Telemetry in, training data out.")
    .version(PACKAGE_VERSION, "--version", "print the version")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "windrow: ")) })
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 the answer is no, 2 asked wrongly, 3 failed.\nwindrow <command> --help shows a command's options.",
    );
  for (const spec of COMMANDS) addCommand(program, spec, finish, signal);
  const inherit = (of: Program): void => {
    for (const child of of.commands) {
      child.copyInheritedSettings(of);
      inherit(child);
    }
  };
  inherit(program);
  return program;
}

/** The exit code of an error; says what it was, in one line where it was expected. */
function codeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof WindrowError && error.code !== "internal") {
    process.stderr.write(`windrow: ${error.message}\n`);
    return error.code === "usage" || error.code === "exists" ? 2 : 3;
  }
  if (error instanceof Error && error.name === "AbortError") {
    process.stderr.write("windrow: interrupted; a run that was writing goes on when the same command is given again\n");
    return 3;
  }
  if (error instanceof Error && "syscall" in error) {
    // What the system refuses at a place where no refusal was foreseen.
    process.stderr.write(`windrow: Cannot go on: ${error.message}\n`);
    return 3;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return 3;
}

/** Runs the command line; gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  const stop = () => interrupted.abort();
  process.once("SIGINT", stop);
  // A reader that has seen enough closes the pipe; that changes neither the work nor its outcome.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  let code = 0;
  try {
    await programOf((value) => {
      code = value;
    }, interrupted.signal).parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    return codeOf(error);
  } finally {
    process.off("SIGINT", stop);
  }
}
