/** A table for people: columns as wide as their widest cell, three blanks between them, no blanks at the end of a line. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], indent = ""): string {
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)));
  return [headings, ...rows]
    .map((row) => `${indent}${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("   ")}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}
