import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { quote, quoteAll } from "./quote.ts";

/** What a real sh makes of the quoted words: each back, with a byte between that no text here holds. */
function throughShell(words: readonly string[]): string[] {
  const out = execFileSync("sh", [], { input: `printf '%s\\001' ${quoteAll(words)}\n`, encoding: "utf8" });
  return out.split("\u0001").slice(0, -1);
}

const hostile = [
  "'",
  '"',
  "`",
  "$(id)",
  "${HOME}",
  "\\",
  "\n",
  "\r\n",
  ";",
  "&",
  "|",
  "~",
  "*",
  "#",
  "!",
  "=",
  " ",
  "ü",
  "💥",
];
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.array(fc.constantFrom(...hostile, "a", "-"), { maxLength: 12 }).map((parts) => parts.join("")),
);

test("a shell reads back every text exactly as it was quoted", () => {
  fc.assert(
    fc.property(
      fc.array(
        text.filter((t) => !t.includes("\0") && !t.includes("\u0001")),
        { minLength: 40, maxLength: 80 },
      ),
      (words) => {
        expect(throughShell(words)).toEqual(words);
      },
    ),
    { numRuns: 60 },
  );
});

test("plain words stay as they are, so that a log is readable", () => {
  expect(quoteAll(["sbatch", "--nodes=2", "/a/b.sh"])).toBe("sbatch '--nodes=2' /a/b.sh");
  expect(quote("")).toBe("''");
});

test("a NUL is refused", () => {
  expect(() => quote("a\0b")).toThrow(/NUL/);
});
