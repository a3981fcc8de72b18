import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import { readScript } from "./read-script.ts";

/** `--name` or `--name=value` for each option of the first part. */
function given(text: string): string[] {
  return readScript(text).components[0].map(({ option, value }) =>
    value === undefined ? `--${option.name}` : `--${option.name}=${value}`,
  );
}

function header(...lines: string[]): string {
  return ["#!/bin/sh", ...lines, "true", ""].join("\n");
}

function refusal(text: string): SluiceError {
  try {
    readScript(text);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(text)}`);
}

function outcome(text: string): string {
  try {
    readScript(text);
    return "read";
  } catch (error) {
    if (error instanceof SluiceError) return error.code;
    throw error;
  }
}

describe("reading #SBATCH lines", () => {
  test("reads long, short, bundled and abbreviated options", () => {
    expect(given(header("#SBATCH --nodes=2 -c 4 -HJname", "#SBATCH --part gpu"))).toEqual([
      "--nodes=2",
      "--cpus-per-task=4",
      "--hold",
      "--job-name=name",
      "--partition=gpu",
    ]);
  });

  test("takes the marker without a blank, with a tab, and in its old form #SLURM", () => {
    expect(given(header("#SBATCH--nodes=2", "#SBATCH\t-c1", '#SBATCH"-n1"', "#SLURM -t5"))).toHaveLength(4);
    expect(readScript(header("#SLURM -t5")).notes).toMatchObject([{ line: 2, column: 1 }]);
  });

  test("goes on past comments and blank lines, and ignores markers that are not exact", () => {
    const lines = [
      "# comment",
      " \t\v\f",
      "  # indented",
      " #SBATCH --no",
      "# SBATCH --no",
      "##SBATCH --no",
      "#sbatch --no",
    ];
    expect(given(header(...lines, "#SBATCH -n2"))).toEqual(["--ntasks=2"]);
  });

  test("stops at the first command, and says so where directives follow", () => {
    const script = readScript("#!/bin/sh\n#SBATCH -n2\ntrue\n\n#SBATCH -n3\n");
    expect(script.components[0]).toHaveLength(1);
    expect(script.body).toBe("true\n\n#SBATCH -n3\n");
    expect(script.notes).toMatchObject([{ line: 5 }]);
  });

  test("keeps options that are given twice, in order", () => {
    expect(given(header("#SBATCH -c 1", "#SBATCH -c 2"))).toEqual(["--cpus-per-task=1", "--cpus-per-task=2"]);
  });

  test("takes a value from the next line, as sbatch does", () => {
    expect(given(header("#SBATCH --comment", "#SBATCH foo"))).toEqual(["--comment=foo"]);
  });

  test("gives optional values only where they are joined on", () => {
    expect(given(header("#SBATCH --exclusive --nice=5 -koff --exclusive=user"))).toEqual([
      "--exclusive",
      "--nice=5",
      "--no-kill=off",
      "--exclusive=user",
    ]);
    expect(refusal(header("#SBATCH --no-kill off")).details).toMatchObject({ line: 2, column: 19 });
  });

  test("parts the components of a heterogeneous job", () => {
    const { components, notes } = readScript(
      header("#SBATCH -N1", "#SBATCH HetJob -c9", "#SBATCH -n2", "#SBATCH packjob"),
    );
    expect(components.map((options) => options.map(({ option }) => option.name))).toEqual([["nodes"], ["ntasks"], []]);
    expect(notes).toMatchObject([{ line: 5 }]);
  });

  test("reports what sbatch ignores after an empty word or a late hetjob", () => {
    expect(readScript(header('#SBATCH -c 2 "" -N2')).notes).toMatchObject([{ line: 2, column: 14 }]);
    expect(readScript(header("#SBATCH -c2 hetjob -N2")).components).toHaveLength(1);
  });

  test("reports lines for other schedulers and leaves them to sbatch", () => {
    const { foreign, components } = readScript(header("#PBS -l nodes=2", "#BSUB -n 2"));
    expect(foreign).toEqual([
      { dialect: "PBS", line: 2, text: " -l nodes=2" },
      { dialect: "BSUB", line: 3, text: " -n 2" },
    ]);
    expect(components).toEqual([[]]);
  });

  test("accepts the options of a release and no others", () => {
    expect(() => readScript(header("#SBATCH --segment=2"), { release: "24.05" })).not.toThrow();
    expect(() => readScript(header("#SBATCH --segment=2"), { release: "22.05" })).toThrow(/unknown option "--segment"/);
  });
});

describe("refusing scripts", () => {
  test.each<[what: string, script: string, line: number, column: number, says: RegExp]>([
    ["an empty script", "", 1, 1, /empty/],
    ["white space alone", " \n\t\n", 1, 1, /white space/],
    ["no #!", "true\n", 1, 1, /#!/],
    ["a blank line before #!", "\n#!/bin/sh\n", 1, 1, /take away/],
    ["DOS line ends", "#!/bin/sh\n#SBATCH -N2\r\n", 2, 12, /DOS/],
    ["a NUL byte", "#!/bin/sh\necho \0\n", 2, 6, /NUL/],
    ["an unknown option", header("#SBATCH -N2 --bogus=1"), 2, 13, /unknown option "--bogus"/],
    ["a misspelt option", header("#SBATCH --partiton=x"), 2, 9, /did you mean --partition\?/],
    ["a capital letter", header("#SBATCH --Nodes=2"), 2, 9, /did you mean --nodes\?/],
    ["an unknown letter", header("#SBATCH -Hj2"), 2, 9, /unknown option "-j" in "-Hj2"/],
    ["an ambiguous option", header("#SBATCH --no=2"), 2, 9, /--nodes.*whole name/],
    ["a missing value", header("# x", "#SBATCH --nodes"), 3, 9, /--nodes needs a value: min\[-max\]/],
    ["a value for a flag", header("#SBATCH --hold=yes"), 2, 9, /--hold takes no value/],
    ["a stray word", header("#SBATCH -J a b"), 2, 14, /"b" is no option/],
    ["words after two dashes", header("#SBATCH -- -N2"), 2, 12, /"-N2" is no option/],
    ["an open quote", header('#SBATCH -J "a'), 2, 12, /not closed/],
    ["a colon", header("#SBATCH -N1 : -N2"), 2, 13, /hetjob/],
    ["a bad duration", header("#SBATCH -t foo"), 2, 12, /--time: duration "foo"/],
    ["an equals sign after a letter", header("#SBATCH -t=10"), 2, 9, /--time/],
    ["a bad memory size", header("#SBATCH --mem=1.5G"), 2, 9, /--mem/],
    ["a bad node range", header("#SBATCH --nodes=2-1"), 2, 9, /--nodes/],
    ["a bad count", header("#SBATCH -n 1k"), 2, 12, /whole number from 1/],
    ["a bad choice", header("#SBATCH --exclusive=foo"), 2, 9, /user, mcs, topo/],
    ["an error in a later part", header("#SBATCH hetjob", "#SBATCH --bogus"), 3, 9, /--bogus/],
  ])("%s is refused with line and column", (_, script, line, column, says) => {
    const error = refusal(script);
    expect(error.code).toBe("SCRIPT_INVALID");
    expect(error.message).toMatch(says);
    expect(error.details).toMatchObject({ line, column });
    expect(error.message).toContain(`line ${line}, column ${column}`);
  });

  test("throws nothing but its typed error on any text", () => {
    const piece = fc.constantFrom(
      ..."#!/bin/sh|\n|#SBATCH|#SBATCH | --|nodes|=|time|mem|-N|-k|-J|2|1-2|5:00|'|\"|\\|#|:|hetjob| |\t|\r|\0|true|é|😀|--array=|--dependency=|afterok:1|[1-3]|,".split(
        "|",
      ),
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 30 }).map((pieces) => `#!/bin/sh\n#SBATCH ${pieces.join("")}`),
    );
    fc.assert(
      fc.property(text, (script) => {
        expect(outcome(script)).toMatch(/^(?:read|SCRIPT_INVALID)$/);
      }),
      { numRuns: 2000 },
    );
  });

  test("is done with a long header at once", () => {
    const before = performance.now();
    readScript(`#!/bin/sh\n${"#SBATCH -N2 --comment='a b' -H # x\n".repeat(20_000)}true\n`);
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
