import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import { longFormat, readRows, RowMemory, separators, type Row } from "./separated-text.ts";

const boundary = "5f0c3a9e-b1";
const between = separators(boundary);
const columns = ["Name", "Comment", "Command"] as const;
type Column = (typeof columns)[number];
const table = { program: "squeue", columns, read: (row: Row<Column>) => columns.map(row) };

test("asks for every value at its full length, with the separators behind it", () => {
  expect(longFormat(columns, between)).toBe(`Name:0\x1f${boundary},Comment:0\x1f${boundary},Command:0\x1e${boundary}`);
});

test("reads back any text, separators, commas and line ends included", () => {
  const value = fc.oneof(
    // No text of Slurm's holds a NUL.
    fc.string({ unit: "binary" }).filter((text) => !text.includes("\0")),
    fc.array(fc.constantFrom("\x1f", "\x1e", "\n", "|", "=", " ", ",", "%", '"', "x")).map((parts) => parts.join("")),
  );
  const row = fc.record({ Name: value, Comment: value, Command: value });
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const text = rows
        .map((one) => [one.Name, one.Comment, one.Command].join(between.field) + between.record + "\n")
        .join("");
      expect(readRows(table, text, between)).toEqual(rows.map((one) => columns.map((column) => one[column])));
    }),
  );
});

/** `read` where the text could be read, or the code of the error. */
function outcome(text: string): string {
  try {
    const rows = readRows(table, text, between);
    return rows.every((row) => row.every((value) => typeof value === "string")) ? "read" : "not text";
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return error.code;
  }
}

test("reads any other text or throws REPLY_UNREADABLE", () => {
  const part = fc.constantFrom(between.field, between.record, "\n", "a", `${between.record}\n`);
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      expect(["read", "REPLY_UNREADABLE"]).toContain(outcome(parts.join("")));
    }),
  );
});

test("says how a row differs", () => {
  expect(() => readRows(table, `a${between.field}b${between.record}\n`, between)).toThrow(
    /a row has 2 columns instead of 3/,
  );
  expect(() => readRows(table, "a", between)).toThrow(/the last row does not end/);
});

test("a row that was read before gives the same object, though the boundary is another; one that has gone is forgotten", () => {
  const memory = new RowMemory<readonly string[]>();
  const reply = (names: readonly string[], word: string): readonly (readonly string[])[] => {
    const { field, record } = separators(word);
    const text = names.map((name) => `${name}${field}c\x1fd${field}x${record}\n`).join("");
    return readRows(table, text, separators(word), memory);
  };
  const [a, b] = reply(["a", "b"], "11111111");
  const [c, again] = reply(["c", "b"], "22222222");
  expect(again).toBe(b);
  expect([a, c]).toEqual([
    ["a", "c\x1fd", "x"],
    ["c", "c\x1fd", "x"],
  ]);
  const [anew] = reply(["a"], "33333333");
  expect(anew).toEqual(a);
  expect(anew).not.toBe(a);
});

test.each(["", "short", "has,comma-x", "has blank-x", "x".repeat(65)])("refuses the boundary %j", (wrong) => {
  expect(() => separators(wrong)).toThrow(/^boundary .*drawn at random/);
});
