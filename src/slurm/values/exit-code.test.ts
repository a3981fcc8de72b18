import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatExitCode, parseExitCode } from "./exit-code.ts";
import { describeValueReader } from "./value-reader.contract.ts";

describeValueReader("parseExitCode", parseExitCode, "0123456789:");

test("reads status and signal", () => {
  expect(parseExitCode("3:0")).toEqual({ status: 3, signal: 0 });
  expect(parseExitCode("0:9")).toEqual({ status: 0, signal: 9 });
});

test.each(["", "0", "0:", ":9", "2:5:0", "F:0", "0:F", "-1:0", " 0:0", "0:0\n", "1e3:0"])("refuses %j", (text) => {
  expect(() => parseExitCode(text)).toThrow(/^exit code .*STATUS:SIGNAL/);
});

test("is read back as it was written", () => {
  const part = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(part, part, (status, signal) => {
      expect(parseExitCode(formatExitCode({ status, signal }))).toEqual({ status, signal });
    }),
  );
});
