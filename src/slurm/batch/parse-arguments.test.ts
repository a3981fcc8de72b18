import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import type { BatchOption } from "./batch-option.ts";
import { findOption } from "./option-table.ts";
import { parseArguments } from "./parse-arguments.ts";
import { toArguments } from "./write-script.ts";

const own: readonly BatchOption[] = [
  { name: "cluster", takes: "value", type: "text", metavar: "name", group: "command", help: "Which cluster" },
  { name: "quiet", takes: "nothing", group: "command", help: "Say nothing" },
  { name: "keep", takes: "nothing", group: "command", help: "Keep the files" },
  { name: "timeout", takes: "value", type: "text", metavar: "time", group: "command", help: "How long" },
];

/** "parsed" only where the rest is the end of what was given. */
function outcome(argv: readonly string[]): string {
  try {
    const { rest } = parseArguments(argv, { own });
    return JSON.stringify(rest) === JSON.stringify(argv.slice(argv.length - rest.length)) ? "parsed" : "made up";
  } catch (error) {
    if (error instanceof SluiceError) return error.code;
    throw error;
  }
}

describe("parsing arguments", () => {
  test("stops at the script, so that its arguments are its own", () => {
    const { components, rest } = parseArguments(["-N2", "--mem", "1G", "job.sh", "-n3", "--", "--help"]);
    expect(components.map(toArguments)).toEqual([["--nodes=2", "--mem=1G"]]);
    expect(rest).toEqual(["job.sh", "-n3", "--", "--help"]);
  });

  test("stops at two dashes, and tells so", () => {
    expect(parseArguments(["-H", "--", "-N2"])).toMatchObject({ rest: ["-N2"], dashes: true });
    expect(parseArguments(["-H", "x"])).toMatchObject({ rest: ["x"], dashes: false });
    expect(parseArguments(["--comment", "--"])).toMatchObject({ rest: [], dashes: false });
    expect(parseArguments(["--", ":", "x"])).toMatchObject({ rest: [":", "x"], dashes: true });
  });

  test("takes a lone dash and an empty argument for the script, as sbatch does", () => {
    expect(parseArguments(["-", "x"]).rest).toEqual(["-", "x"]);
    expect(parseArguments(["", "x"]).rest).toEqual(["", "x"]);
  });

  test("takes an empty value", () => {
    expect(toArguments(parseArguments(["-J", "", "--comment="]).components[0])).toEqual(["--job-name=", "--comment="]);
  });

  test("parts heterogeneous jobs at a colon", () => {
    const { components, rest } = parseArguments(["-N2", ":", "-n3", ":", "job.sh", ":"]);
    expect(components.map(toArguments)).toEqual([["--nodes=2"], ["--ntasks=3"], []]);
    expect(rest).toEqual(["job.sh", ":"]);
  });

  test("options of one's own win over sbatch's and leave its abbreviations alone", () => {
    const { components } = parseArguments(
      ["--cluster", "dev", "--clusters=a", "-Mb", "--quiet", "--timeout=5", "--time=6", "--k=yes", "--keep"],
      { own },
    );
    expect(components[0].map(({ option }) => option)).toEqual([
      own[0],
      findOption("clusters"),
      findOption("clusters"),
      own[1],
      own[3],
      findOption("time"),
      findOption("kill-on-invalid-dep"),
      own[2],
    ]);
  });

  test.each<[argv: string[], says: RegExp]>([
    [["--bogus", "x"], /argument "--bogus": unknown option/],
    [["-N", "two", "x"], /argument "two": --nodes/],
    [["--time=foo"], /argument "--time=foo": --time/],
    [["-N"], /argument "-N": -N needs a value/],
    [["--hold=1"], /takes no value/],
    [["--node=2"], /--nodes.*whole name/],
    [["-H2"], /unknown option "-2" in "-H2"/],
    [["---nodes=2"], /unknown option "---nodes"/],
    [["-N1", ":", "--bogus"], /argument "--bogus"/],
  ])("%j is refused, naming the argument", (argv, says) => {
    expect(() => parseArguments(argv)).toThrow(says);
    expect(() => parseArguments(argv)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });

  test("throws nothing but its typed error on any arguments", () => {
    const word = fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.constantFrom("-N2", "-N", "--", ":", "-k", "--exclusive", "--no", "--time=1", "-J", "--mem=", "-HN"),
    );
    fc.assert(
      fc.property(fc.array(word), (argv) => {
        expect(outcome(argv)).toMatch(/^(?:parsed|INPUT_INVALID)$/);
      }),
      { numRuns: 1000 },
    );
  });
});
