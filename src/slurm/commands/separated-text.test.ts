import fc from "fast-check";
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
      expect(readRows("squeue", text, columns, between)).toEqual(rows);
    }),
  );
});

test("throws REPLY_UNREADABLE, and nothing else, for any other text", () => {
  const part = fc.constantFrom(between.field, between.record, "\n", "a", `${between.record}\n`);
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      try {
        readRows("squeue", parts.join(""), columns, between);
      } catch (error) {
        expect(error).toBeInstanceOf(SluiceError);
        expect(error).toMatchObject({ code: "REPLY_UNREADABLE" });
      }
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
