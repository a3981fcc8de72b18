import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import { longFormat, readRows, separators } from "./separated-text.ts";

const boundary = "5f0c3a9e-b1";
const between = separators(boundary);
const columns = ["Name", "Comment", "Command"] as const;

test("asks for every value at its full length, with the separators behind it", () => {
  expect(longFormat(columns, between)).toBe(`Name:0\x1f${boundary},Comment:0\x1f${boundary},Command:0\x1e${boundary}`);
});

test("reads back any text, separators, commas and line ends included", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.constantFrom("\x1f", "\x1e", "\n", "|", "=", " ", ",", "%", '"', "x")).map((parts) => parts.join("")),
  );
  const row = fc.record({ Name: value, Comment: value, Command: value });
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const text = rows
        .map((one) => [one.Name, one.Comment, one.Command].join(between.field) + between.record + "\n")
        .join("");
      const read = readRows("squeue", text, columns, between);
      expect(read.map((one) => columns.map(one))).toEqual(rows.map((one) => columns.map((column) => one[column])));
    }),
  );
});

/** `read` where the text could be read, or the code of the error. */
function outcome(text: string): string {
  try {
    const rows = readRows("squeue", text, columns, between);
    return rows.every((row) => columns.every((column) => typeof row(column) === "string")) ? "read" : "not text";
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
  expect(() => readRows("squeue", `a${between.field}b${between.record}\n`, columns, between)).toThrow(
    /a row has 2 columns instead of 3/,
  );
  expect(() => readRows("squeue", "a", columns, between)).toThrow(/the last row does not end/);
});

test.each(["", "short", "has,comma-x", "has blank-x", "x".repeat(65)])("refuses the boundary %j", (wrong) => {
  expect(() => separators(wrong)).toThrow(/^boundary .*drawn at random/);
});
