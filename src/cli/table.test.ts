import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fittedTable, table } from "./table.ts";

test("columns are as wide as their widest cell, and no line ends with blanks", () => {
  expect(
    table(
      ["NAME", "N"],
      [
        ["a", "1"],
        ["longer", ""],
      ],
      "  ",
    ),
  ).toBe("  NAME     N\n  a        1\n  longer\n");
});

test("a table without rows is its headings", () => {
  expect(table(["NAME", "STATE"], [])).toBe("NAME   STATE\n");
});

test("every cell of a column begins below its heading", () => {
  const cell = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }), (rows) => {
      const headings = ["ONE", "TWO", "THREE"];
      const [first = "", ...lines] = table(headings, rows).trimEnd().split("\n");
      expect(lines).toHaveLength(rows.length);
      const starts = headings.map((heading) => first.indexOf(heading));
      rows.forEach((row, i) => row.forEach((text, j) => expect(lines[i]?.startsWith(text, starts[j])).toBe(true)));
    }),
  );
});

test("on a narrow terminal spare columns are left out, and no more than needed", () => {
  const fitted = (columns: number): string | undefined =>
    fittedTable(["ID", "OWNER", "STATE"], [["1", "alice", "running"]], { columns, spare: ["OWNER", "STATE"] }).split(
      "\n",
    )[0];
  expect([80, 21, 20, 12, 11, 1].map(fitted)).toEqual([
    "ID   OWNER   STATE",
    "ID   OWNER   STATE",
    "ID   OWNER   STATE",
    "ID   STATE",
    "ID",
    "ID",
  ]);
});
