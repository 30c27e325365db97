/** Draws a certificate of the shuffle as one SVG: the stored order beside sorted ones, and how batches are mixed beside what chance gives. */

import { basename, dirname, resolve } from "node:path";
import type { GenerationShuffle, OrderView, ShuffleReport, ShuffleVerdict } from "../../inspect/index.ts";
import { folderStore } from "../../node/folder-store.ts";

const WIDTH = 980;
const MARGIN = 28;
const HEAD = 74;
const PANEL = { width: 300, height: 286, gap: 12 };
/** Room for the names of moments. */
const LEFT = 70;
/** Above the panels of a generation, where there are several. */
const CAPTION = 26;
const FOOT = 40;
/** More would be no picture; the report has all of them. */
const SHOWN_GENERATIONS = 6;

// On a card of its own the picture reads alike on a white page and on a dark one.
const INK = "#1f2328";
const FAINT = "#59636e";
const CARD = "#ffffff";
const EDGE = "#d1d9e0";
const BLUES = ["#eef4fb", "#d3e3f4", "#acccea", "#7fb0dd", "#5391cb", "#3071b3", "#175293", "#0a3570"] as const;
const BAR = "#7fb0dd";
const CHANCE = "#c2410c";
const VERDICT_INK = { pass: "#1a7f37", fail: "#cf222e", too_few: "#9a6700" } as const satisfies Record<
  ShuffleVerdict,
  string
>;

const VERDICTS = {
  pass: "pass: it looks like chance",
  fail: "fail: it is not random",
  too_few: "too few samples to tell",
} as const satisfies Record<ShuffleVerdict, string>;

const COUNT = new Intl.NumberFormat("en-US");

/** The two libraries that draw, loaded when something is drawn. */
async function drawing() {
  const [plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  return { plot, document: parseHTML("<html><body></body></html>").document };
}

type Drawing = Awaited<ReturnType<typeof drawing>>;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

interface TextStyle {
  readonly size?: number;
  readonly fill?: string;
  readonly weight?: number;
}

function text(x: number, y: number, words: string, { size = 12, fill = INK, weight = 400 }: TextStyle = {}): string {
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}">${escaped(words)}</text>`;
}

/** What Plot takes of every panel: its size, and the ink of its axes. */
function frame({ document }: Drawing) {
  return {
    document,
    width: PANEL.width,
    height: PANEL.height - 34,
    marginLeft: LEFT,
    marginRight: 10,
    marginTop: 12,
    marginBottom: 40,
    className: "panel",
    style: { color: FAINT, fontSize: "11px", fontFamily: "inherit", overflow: "visible" },
  };
}

/** A drawn panel as the text of an `<svg>` at a place; Plot's style sheet is left out, since what it says is said for the whole picture. */
function placed(drawn: { readonly outerHTML: string }, x: number, y: number): string {
  const svg = drawn.outerHTML.replace(/<style>.*?<\/style>/s, "").replaceAll("&nbsp;", "&#160;");
  return svg.replace("<svg ", `<svg x="${x}" y="${y}" `);
}

/** Cells of one shade as one path, so that a picture of thousands of cells stays small. */
function cells(counts: readonly number[], rows: number, size: { readonly width: number; readonly height: number }) {
  const most = counts.reduce((max, each) => Math.max(max, each), 1);
  const columns = counts.length / rows;
  const paths = BLUES.map(() => "");
  const at = (value: number) => Number(value.toFixed(2));
  for (const [i, each] of counts.entries()) {
    if (each === 0) continue;
    const shade = Math.min(BLUES.length - 1, Math.floor((each / most) * BLUES.length));
    const [left, right] = [Math.floor(i / rows), Math.floor(i / rows) + 1].map((x) => at((x / columns) * size.width));
    const [below, above] = [i % rows, (i % rows) + 1].map((y) => at(size.height - (y / rows) * size.height));
    paths[shade] += `M${left} ${below}H${right}V${above}H${left}Z`;
  }
  return paths;
}

const SVG = "http://www.w3.org/2000/svg";

/** Where the marks of a plot are, in its own pixels. */
interface Dimensions {
  readonly width: number;
  readonly height: number;
  readonly marginLeft: number;
  readonly marginRight: number;
  readonly marginTop: number;
  readonly marginBottom: number;
}

/** A plot of these options. */
function plotted({ plot }: Drawing, options: object): { readonly outerHTML: string } {
  // Plot's types want a browser's document and elements; linkedom's have all that it uses of them.
  return plot.plot(options) as unknown as { readonly outerHTML: string };
}

function shortCount(value: number): string {
  if (value < 1000) return String(value);
  return value < 1e6 ? `${value / 1e3}k` : `${value / 1e6}M`;
}

const DAYS_ONLY_SECONDS = 5 * 86_400;
const HOURS_SECONDS = 3600;

/** Says moments as finely as a span of seconds needs. */
function moments(span: number): (date: Date) => string {
  if (span > DAYS_ONLY_SECONDS) return (date) => date.toISOString().slice(0, 10);
  if (span > HOURS_SECONDS) return (date) => date.toISOString().slice(5, 16).replace("T", " ");
  return (date) => date.toISOString().slice(11, 19);
}

/** Places of the order across, time upwards, the darker the more samples. */
function densityPanel(
  draw: Drawing,
  density: NonNullable<OrderView["density"]>,
  counts: readonly number[],
  samples: number,
) {
  const { plot, document } = draw;
  const shades = (...[, , , dimensions]: readonly [unknown, unknown, unknown, Dimensions]) => {
    const { width, height, marginLeft, marginRight, marginTop, marginBottom } = dimensions;
    const group = document.createElementNS(SVG, "g");
    group.setAttribute("transform", `translate(${marginLeft},${marginTop})`);
    const size = { width: width - marginLeft - marginRight, height: height - marginTop - marginBottom };
    for (const [shade, d] of cells(counts, density.times, size).entries()) {
      if (d === "") continue;
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("fill", BLUES[shade]!);
      path.setAttribute("d", d);
      group.append(path);
    }
    return group;
  };
  return plotted(draw, {
    ...frame(draw),
    x: { domain: [0, samples], label: "place in the order (samples) →", ticks: 4, tickFormat: shortCount },
    y: {
      type: "utc",
      domain: [new Date(density.from * 1000), new Date(density.to * 1000)],
      label: "↑ time (UTC)",
      ticks: 6,
      tickFormat: moments(density.to - density.from),
    },
    marks: [shades, plot.frame({ stroke: EDGE })],
  });
}

/** The chance that a normal number is below `z` (Abramowitz and Stegun 1964, 26.2.17: to 7.5·10⁻⁸). */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z > 0 ? 1 - above : above;
}

const CURVE_STEPS = 8;

/** Batches by their distinct entities, and the curve of chance over them. */
function distinctPanel(draw: Drawing, distinct: NonNullable<OrderView["distinct"]>) {
  const { plot } = draw;
  const { mean, deviation, batch, batches, counts, of } = distinct;
  const reach = Math.max(4 * deviation, 2);
  const from = Math.max(0, Math.min(counts[0]![0], Math.floor(mean - reach)));
  const to = Math.min(batch, Math.max(counts.at(-1)![0], Math.ceil(mean + reach)));
  const below = (value: number) => (deviation > 0 ? normalBelow((value - mean) / deviation) : value > mean ? 1 : 0);
  // Right at whole numbers; what lies between them leads the eye.
  const [first, last] = [Math.max(from, Math.floor(mean - reach)), Math.min(to, Math.ceil(mean + reach))];
  const chance = Array.from({ length: CURVE_STEPS * (last - first) + 1 }, (_, i) => {
    const value = first + i / CURVE_STEPS;
    return [value, batches * (below(value + 0.5) - below(value - 0.5))] as const;
  });
  type Point = readonly [distinct: number, batches: number];
  const x = ([value]: Point) => value;
  const y = ([, value]: Point) => value;
  return plotted(draw, {
    ...frame(draw),
    insetTop: 10,
    x: { domain: [from - 0.6, to + 0.6], label: `distinct ${of} in a batch of ${batch} →`, ticks: 6, tickFormat: "d" },
    y: { label: "↑ batches", grid: true, ticks: 5, tickFormat: shortCount },
    marks: [
      plot.rectY(counts, {
        x1: (point: Point) => point[0] - 0.45,
        x2: (point: Point) => point[0] + 0.45,
        y,
        fill: BAR,
      }),
      plot.lineY(chance, { x, y, stroke: CHANCE, strokeWidth: 2 }),
      plot.ruleY([0], { stroke: EDGE }),
    ],
  });
}

function nothing(x: number, y: number, words: string): string {
  return text(x + LEFT, y + 60, words, { fill: FAINT });
}

/** The three panels of a generation. */
function panels(draw: Drawing, { view, samples }: GenerationShuffle, top: number): string {
  const at = (i: number) => MARGIN + i * (PANEL.width + PANEL.gap);
  const title = (i: number, words: string) => text(at(i), top + 14, words, { size: 13, weight: 600 });
  const { density, distinct } = view;
  const y = top + 22;
  return [
    title(0, "The order as it is stored"),
    density === null
      ? nothing(at(0), y, "all samples begin at one time")
      : placed(densityPanel(draw, density, density.stored, samples), at(0), y),
    title(1, "The same, were it sorted by time"),
    density === null ? "" : placed(densityPanel(draw, density, density.sorted, samples), at(1), y),
    title(2, "How batches are mixed"),
    distinct === null ? nothing(at(2), y, "fewer than two batches") : placed(distinctPanel(draw, distinct), at(2), y),
  ].join("\n");
}

/** What the colours mean. */
function legend(y: number): string {
  const [shadesAt, batchesAt] = [MARGIN + LEFT, MARGIN + 2 * (PANEL.width + PANEL.gap) + LEFT];
  const few = text(shadesAt, y, "samples in a cell: few", { fill: FAINT });
  const swatches = BLUES.map(
    (fill, i) => `<rect x="${shadesAt + 132 + i * 16}" y="${y - 10}" width="16" height="11" fill="${fill}"/>`,
  );
  const many = text(shadesAt + 268, y, "many (each panel by its own fullest cell)", { fill: FAINT });
  const found = `<rect x="${batchesAt}" y="${y - 10}" width="14" height="11" fill="${BAR}"/>${text(batchesAt + 20, y, "found", { fill: FAINT })}`;
  const line = `<path d="M${batchesAt + 74} ${y - 4}h22" stroke="${CHANCE}" stroke-width="2"/>`;
  return [few, ...swatches, many, found, line, text(batchesAt + 102, y, "what chance gives", { fill: FAINT })].join("");
}

/** What is drawn, in a sentence. */
function subtitle({ samples, batch, split, generations }: ShuffleReport): string {
  const of = split === null ? "samples" : `samples of ${split}`;
  const among = generations.length > 1 ? `, each of ${generations.length} generations by itself` : "";
  const failed = generations.flatMap(({ tests }) => tests).filter(({ verdict }) => verdict === "fail").length;
  const asked = generations.reduce((sum, { tests }) => sum + tests.length, 0);
  return `${COUNT.format(samples)} ${of}, batches of ${batch}${among}; ${failed} of ${asked} questions failed`;
}

/**
 * A certificate as an SVG: what time the samples of each place in the order are of, beside sorted samples; distinct entities of batches,
 * beside what chance gives. It needs no other file, reads alike on white and on dark pages, and is the same for the same report,
 * whatever its path. Of many generations the first six are drawn.
 */
export async function shufflePicture(report: ShuffleReport): Promise<string> {
  const draw = await drawing();
  const shown = report.generations.slice(0, SHOWN_GENERATIONS);
  const caption = report.generations.length > 1 ? CAPTION : 0;
  const height = HEAD + shown.length * (PANEL.height + caption) + FOOT;
  const more = report.generations.length - shown.length;
  const body = shown.map((each, i) => {
    const top = HEAD + i * (PANEL.height + caption);
    const words = `Generation ${each.generation}: ${COUNT.format(each.samples)} samples, ${VERDICTS[each.verdict]}`;
    const named = caption > 0 ? text(MARGIN, top + 12, words, { fill: VERDICT_INK[each.verdict], weight: 600 }) : "";
    return `${named}\n${panels(draw, each, top + caption)}`;
  });
  return [
    `<svg xmlns="${SVG}" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" role="img">`,
    `<title>How random the stored order is: ${VERDICTS[report.verdict]}</title>`,
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="10" fill="${CARD}" stroke="${EDGE}"/>`,
    text(MARGIN, 34, "How random is the stored order?", { size: 18, weight: 600 }),
    `<g text-anchor="end">${text(WIDTH - MARGIN - 10, 34, VERDICTS[report.verdict], { size: 18, weight: 600, fill: VERDICT_INK[report.verdict] })}</g>`,
    text(MARGIN, 55, subtitle(report), { size: 13, fill: FAINT }),
    ...body,
    legend(height - 18),
    ...(more > 0 ? [text(MARGIN, height - 2, `${more} more generations are not drawn`, { fill: FAINT })] : []),
    "</svg>\n",
  ].join("\n");
}

/** Draws a certificate to a file, which is whole or not there. */
export async function putShufflePicture(path: string, report: ShuffleReport): Promise<void> {
  const picture = new TextEncoder().encode(await shufflePicture(report));
  const absolute = resolve(path);
  await folderStore(dirname(absolute)).put(basename(absolute), picture);
}
