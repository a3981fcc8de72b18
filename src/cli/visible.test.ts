import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { table } from "./table.ts";
import { visible, visibleIo, visibleLine } from "./visible.ts";

const hostile = "\u001b[31mred\u001b]0;title\u0007 \u009b2J \r\u0008 \u202egnp.exe \u2066x\u2069 \u2028 \u007f";

test("what steers a terminal is shown, not done", () => {
  expect(visible(hostile)).toBe(
    "\\u001b[31mred\\u001b]0;title\\u0007 \\u009b2J \\u000d\\u0008 \\u202egnp.exe \\u2066x\\u2069 \\u2028 \\u007f",
  );
  expect(visible("é 漢 🚀 שלום\tand\nmore")).toBe("é 漢 🚀 שלום\tand\nmore");
  expect(visibleLine("one\ntwo\tthree")).toBe("one\\u000atwo\\u0009three");
});

test("JSON says the same with it as without", { timeout: 60_000 }, () => {
  assert(
    property(string({ unit: "binary" }), (text) => {
      expect(JSON.parse(visible(JSON.stringify({ text })))).toEqual({ text });
      expect(visible(JSON.stringify(text))).toBe(visible(visible(JSON.stringify(text))));
    }),
  );
});

test("no cell of a table makes a line of its own, and columns stay straight", () => {
  const lines = table(
    ["NAME", "STATE"],
    [
      [`x\nFAKE   completed`, "failed"],
      ["\u001b[2K", "running"],
    ],
  ).split("\n");
  expect(lines).toHaveLength(4);
  expect(new Set(lines.slice(1, 3).map((line) => line.search(/failed|running/))).size).toBe(1);
});

test("a job's own bytes go through as they are", () => {
  const written: (string | Uint8Array)[] = [];
  const keep = (chunk: string | Uint8Array): void => void written.push(chunk);
  const io = visibleIo({
    out: keep,
    err: keep,
    drained: async () => {},
    stdin: process.stdin,
    isTTY: true,
    errIsTTY: true,
    stdinIsTTY: true,
    columns: 80,
  });
  io.out(Buffer.from(hostile));
  io.err(hostile);
  expect(written).toEqual([Buffer.from(hostile), visible(hostile)]);
});
