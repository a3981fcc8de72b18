import { expect, test } from "vitest";
import { quoteGo } from "./quote-go.ts";

test.each([
  ["n1", '"n1"'],
  ["", '""'],
  ['say "a\\b"', String.raw`"say \"a\\b\""`],
  ["blök 😀", '"blök 😀"'],
  ["\u0007\b\f\n\r\t\v", String.raw`"\a\b\f\n\r\t\v"`],
  ["\u0000\u001b\u007f", String.raw`"\x00\x1b\x7f"`],
  ["\u00a0\u200b\u{e0001}", String.raw`"\u00a0\u200b\U000e0001"`],
  ["\ud800", '"\uFFFD"'],
])("%j is quoted as Go quotes it", (text, quoted) => {
  expect(quoteGo(text)).toBe(quoted);
});
