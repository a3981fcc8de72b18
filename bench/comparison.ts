import type { Timing } from "./interleave.ts";

/** One line of the table: a thing of ours against what it is measured by. */
export interface Comparison {
  readonly what: string;
  readonly ours: Timing;
  readonly against: Timing;
  /** The most that `ours / against` should be; absent where nothing is promised. */
  readonly budget?: number;
}

export const ratioOf = ({ ours, against }: Comparison): number => ours.medianMs / against.medianMs;

/** A table in Markdown, which reads well enough in a terminal. */
export function toTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((comparison) => [
    comparison.what,
    `${comparison.ours.medianMs.toFixed(0)} ms`,
    comparison.against.name,
    `${comparison.against.medianMs.toFixed(0)} ms`,
    `${ratioOf(comparison).toFixed(2)} ×`,
    comparison.budget === undefined ? "–" : `≤ ${comparison.budget} ×`,
    String(comparison.ours.runs.length),
  ]);
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
