import { median, type Timing } from "./interleave.ts";

/** What was measured of one contender: a figure for each run, and the middle one. */
export interface Figure {
  readonly name: string;
  readonly runs: readonly number[];
  readonly median: number;
  readonly unit: "ms" | "/s" | "MB";
}

/** One line of the table: a thing of ours against what it is measured by. */
export interface Comparison {
  readonly what: string;
  readonly ours: Figure;
  /** Absent where the figure itself is what was promised. */
  readonly against?: Figure;
  /** What `ours / against`, or `ours` itself, should be; absent where nothing is promised. */
  readonly budget?: Budget;
}

export type Budget = { readonly atMost: number } | { readonly atLeast: number };

/** The times of a contender as they are. */
export function inMs({ name, runs, medianMs }: Timing): Figure {
  return { name, runs, median: medianMs, unit: "ms" };
}

/** What a contender that does so many in each run does in a second. */
export function perSecond({ name, runs }: Timing, count: number): Figure {
  const rates = runs.map((milliseconds) => (count / milliseconds) * 1000);
  return { name, runs: rates, median: median(rates), unit: "/s" };
}

/** Of several ways to do a thing the one that does most. */
export function best(first: Figure, ...others: readonly Figure[]): Figure {
  return others.reduce((most, figure) => (figure.median > most.median ? figure : most), first);
}

const valueOf = ({ ours, against }: Comparison): number => ours.median / (against?.median ?? 1);

export function isWithinBudget(comparison: Comparison): boolean {
  const { budget } = comparison;
  const value = valueOf(comparison);
  if (budget === undefined) return true;
  return "atMost" in budget ? value <= budget.atMost : value >= budget.atLeast;
}

/** A table in Markdown, which reads well enough in a terminal. */
export function toTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((comparison) => {
    const { what, ours, against, budget } = comparison;
    const unit = against === undefined ? ours.unit : "×";
    const words = budget === undefined ? "–" : "atMost" in budget ? `≤ ${budget.atMost}` : `≥ ${budget.atLeast}`;
    return [
      what,
      inUnit(ours),
      against?.name ?? "–",
      against === undefined ? "–" : inUnit(against),
      against === undefined ? "–" : `${toDigits(valueOf(comparison))} ×`,
      budget === undefined ? words : `${words} ${unit}`,
      String(ours.runs.length),
    ];
  });
  const all = [["what", "median", "against", "median", "ratio", "budget", "runs"], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = all;
  return [
    line(head),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...body.map((row) => line(row)),
  ].join("\n");
}

function inUnit({ median: value, unit }: Figure): string {
  return `${toDigits(value)} ${unit}`;
}

/** Three digits that count, and all before the point. */
function toDigits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}
