import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOptions, findOption } from "./option-table.ts";
import { parseArguments } from "./parse-arguments.ts";
import type { GivenOption } from "./read-options.ts";
import { readScript } from "./read-script.ts";
import { toArguments, writeDirectives, writeScript } from "./write-script.ts";

const line = fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replace(/[\n\0]/g, ""));
const awkward = fc.string({ unit: fc.constantFrom(..." \t\v\r\"'\\#:=-,hetjobé😀".split("")), maxLength: 12 });

/** Options whose value may be any text, and flags: what quoting has to do with. */
const given: fc.Arbitrary<GivenOption> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...batchOptions.filter(({ type }) => type === "text")), fc.oneof(line, awkward))
    .map(([option, value]) => ({ option, value })),
  fc.constantFrom(...batchOptions.filter(({ takes }) => takes !== "value")).map((option) => ({ option })),
);
const components = fc.array(fc.array(given, { maxLength: 5 }), { minLength: 1, maxLength: 3 });

function bare(options: readonly GivenOption[]): GivenOption[] {
  return options.map(({ option, value }) => (value === undefined ? { option } : { option, value }));
}

describe("writing scripts", () => {
  test("writes one line for each option, quoted where sbatch needs it", () => {
    const options = parseArguments([
      "-N2",
      "--exclusive",
      "--comment",
      'a "b" \\ #c',
      "-J",
      "it's",
      "-H",
      "-o",
      "%x-%j.out",
    ]);
    expect(writeDirectives(options.components)).toBe(
      [
        "#SBATCH --nodes=2",
        "#SBATCH --exclusive",
        String.raw`#SBATCH --comment="a \"b\" \\ #c"`,
        `#SBATCH --job-name="it's"`,
        "#SBATCH --hold",
        "#SBATCH --output=%x-%j.out",
        "",
      ].join("\n"),
    );
  });

  test("what is written is read back the same", () => {
    fc.assert(
      fc.property(components, fc.constantFrom("/bin/sh", " /usr/bin/env -S bash -e"), (parts, interpreter) => {
        const body = "true\n#SBATCH --bogus\n";
        const script = readScript(writeScript({ interpreter, components: parts, body }));
        expect(script.components.map(bare)).toEqual(parts);
        expect(script).toMatchObject({ interpreter, body });
      }),
      { numRuns: 500 },
    );
  });

  test("a script that was read is written with the same meaning", () => {
    const text = "#!/bin/sh\n# c\n#SBATCH -N2 -J 'a b'\n#PBS -l x\n#SBATCH hetjob\n#SBATCH -k\n\necho hi\n";
    const script = readScript(text);
    const again = readScript(writeScript(script));
    expect(again.components.map(bare)).toEqual(script.components.map(bare));
    expect(again.foreign.map(({ text: kept }) => kept)).toEqual([" -l x"]);
    expect(again.body).toBe(script.body);
  });

  test("arguments that are written are parsed back the same", () => {
    fc.assert(
      fc.property(fc.array(given), (options) => {
        const parsed = parseArguments([...toArguments(options), "job.sh"]);
        expect(parsed.components).toEqual([options]);
        expect(parsed.rest).toEqual(["job.sh"]);
      }),
    );
  });

  test.each(["a\nb", "a\0b"])("a value of %j cannot stand in a script and is refused", (value) => {
    expect(() => writeDirectives([[{ option: findOption("comment"), value }]])).toThrow(/--comment/);
  });
});
