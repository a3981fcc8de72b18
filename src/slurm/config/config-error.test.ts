import * as fc from "fast-check";
import { expect, test } from "vitest";
import { findConfigError } from "./config-error.ts";

const files = [
  { path: "/c/slurm.conf", text: "ClusterName=x\n# KilWait=1\nMinJobAge=9 \\\n  KilWait=5\n" },
  { path: "/c/gres.conf", text: "KilWait=5\n" },
];

test("the lines of a daemon's log are read like those on its terminal", () => {
  const output = "[2026-01-02T03:04:05.678] error: _parse_next_key: Parsing error at unrecognized key: KilWait\n";
  // A continued line is counted where it begins; a comment is no setting.
  expect(findConfigError(output, files)).toEqual({
    file: "/c/slurm.conf",
    line: 3,
    message: "Parsing error at unrecognized key: KilWait",
  });
});

test("a file that the daemon names is looked at first", () => {
  const output =
    "slurmd: error: _parse_next_key: Parsing error at unrecognized key: KilWait\n" +
    "slurmd: fatal: error opening/reading /c/gres.conf\n";
  expect(findConfigError(output, files)).toMatchObject({ file: "/c/gres.conf", line: 1 });
});

test("a daemon that ended for another reason has no error in its files", () => {
  expect(findConfigError("slurmctld: fatal: Failed to set GID to 65534\n", files)).toBeUndefined();
});

test("no output makes it throw", () => {
  const words = fc.constantFrom("unrecognized key:", "Parse error in file", "line", '"', "value", "KilWait", " ", "\n");
  const output = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(words).map((each) => each.join(" ")),
  );
  fc.assert(
    fc.property(output, fc.string(), (text, file) => {
      expect(() => findConfigError(text, [{ path: "/f", text: file }])).not.toThrow();
    }),
  );
});
