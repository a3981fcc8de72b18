import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";

/** Generous: a linear reader takes milliseconds for 100,000 characters, a quadratic one many seconds. */
const deadlineMs = 1_000;

/** Any UTF-16 code units, lone surrogates and control characters included. */
const anyText = fc.string({ unit: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)) });

/**
 * The contract of every reader of text: on any text, made of the characters of its own notation (`alphabet`) or of any
 * others, it answers or throws `FORMAT_INVALID` or `LIMIT_EXCEEDED`, and on 100,000 characters of junk it does so at once.
 */
export function describeValueReader(name: string, parse: (text: string) => unknown, alphabet: string): void {
  const character = fc.constantFrom(...alphabet.split(""));
  const ownText = fc.string({ unit: character, maxLength: 40 });

  describe(`value reader: ${name}`, () => {
    test("throws nothing but its typed error, whatever the text", () => {
      fc.assert(
        fc.property(fc.oneof(ownText, anyText), (text) => {
          expect(attempt(parse, text)).toMatch(/^(?:answered|FORMAT_INVALID|LIMIT_EXCEEDED)$/);
        }),
        { numRuns: 300 },
      );
    });

    test("is done with 100,000 characters of junk at once", () => {
      const unit = fc.string({ unit: character, minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(ownText, unit, ownText, (start, repeated, end) => {
          const text = start + repeated.repeat(100_000 / repeated.length) + end;
          const before = performance.now();
          attempt(parse, text);
          expect(performance.now() - before).toBeLessThan(deadlineMs);
        }),
      );
    });
  });
}

function attempt(parse: (text: string) => unknown, text: string): string {
  try {
    parse(text);
    return "answered";
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return error.message.length < 500 ? error.code : `message of ${error.message.length} characters`;
  }
}
