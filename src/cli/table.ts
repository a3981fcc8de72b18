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
