import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytes } from "./compare-bytes.ts";

const character = fc
  .oneof(fc.nat(0x7f), fc.integer({ min: 0xd700, max: 0xe0ff }), fc.integer({ min: 0xff00, max: 0x10ffff }))
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code));

test("strings are ordered as their UTF-8 bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: character }), fc.string({ unit: character }), (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test("characters above U+FFFF come after U+FF5E, which UTF-16 puts behind them", () => {
  expect(["😀", "\u{ff5e}", "é", "z"].sort(compareBytes)).toEqual(["z", "é", "\u{ff5e}", "😀"]);
});
