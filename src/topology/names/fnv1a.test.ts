import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import { fnv1a64 } from "./fnv1a.ts";

describe("fnv1a64", () => {
  test.each([
    ["", "cbf29ce484222325"],
    ["a", "af63dc4c8601ec8c"],
    ["foobar", "85944171f73967e8"],
    ["S3very-very-long-id-to-check-label-value-limits-of-63-characters", "f946c4acef2d5939"],
  ])("hashes %j", (text, expected) => {
    expect(fnv1a64(text)).toBe(expected);
  });

  test("is the hash that its definition gives, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        let hash = 0xcbf29ce484222325n;
        for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
        expect(fnv1a64(text)).toBe(hash.toString(16));
      }),
      { numRuns: 50 },
    );
  });
});
