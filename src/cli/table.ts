import type { Io } from "./io.ts";
import { visibleLine } from "./visible.ts";

/**
 * A table for people: columns as wide as their widest cell, three blanks between them, no blanks at the end of a line. What is in
 * a cell stays in it.
 */
export function table(headings: readonly string[], content: readonly (readonly string[])[], indent = ""): string {
  const rows = content.map((row) => row.map((cell) => visibleLine(cell)));
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)));
  return [headings, ...rows]
    .map((row) => `${indent}${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("   ")}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}

/**
 * A table in which no line is longer than the terminal is wide, if that can be had: the columns named in `spare` are left out,
 * the first of them first, as far as needed.
 */
export function fittedTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { columns, spare }: { readonly columns: number; readonly spare: readonly string[] },
): string {
  const whole = table(headings, rows);
  const at = headings.indexOf(spare[0] ?? "");
  if (at < 0 || whole.split("\n").every((line) => line.length <= columns)) return whole;
  const without = (row: readonly string[]): readonly string[] => row.toSpliced(at, 1);
  return fittedTable(without(headings), rows.map(without), { columns, spare: spare.slice(1) });
}

/** How long a line may be: on a terminal as long as that is wide, in files and pipes as long as it likes. */
export function widthOf({ isTTY, columns }: Pick<Io, "isTTY" | "columns">): number {
  return isTTY ? columns : Infinity;
}
