import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import { expectedJob, megabytes } from "./expected-job.oracle.ts";
import { mergeComponents } from "./merge-options.ts";
import { readScript } from "./read-script.ts";
import { openSbatchOracle, type JobFacts, type SbatchAnswer, type SbatchOracle } from "./sbatch.oracle.ts";

const release = "22.05";
let oracle: SbatchOracle;

beforeAll(async () => {
  oracle = await openSbatchOracle();
});
afterAll(async () => {
  await oracle[Symbol.asyncDispose]();
});

type Reading = "refused" | readonly JobFacts[];

function comparable(facts: readonly JobFacts[]): readonly JobFacts[] {
  return facts.map((fact) => {
    const [, what, size] = /^MinMemory(Node|CPU)=(.*)$/.exec(fact.memory) ?? [];
    return { ...fact, memory: megabytes(what === "Node" ? "Node" : "CPU", size) };
  });
}

function ours(script: string): Reading {
  try {
    const { components } = readScript(script, { release });
    return comparable(mergeComponents({ script: components, release }).map(expectedJob));
  } catch (error) {
    if (error instanceof SluiceError) return "refused";
    throw error;
  }
}

function theirs(answer: SbatchAnswer): Reading {
  return "refusal" in answer ? "refused" : comparable(answer.records);
}

function header(...lines: string[]): string {
  return ["#!/bin/sh", ...lines, "true", ""].join("\n");
}

/** Table 8.1 of the operator's specification: one row may try several headers. */
const table: readonly (readonly [row: string, headers: readonly string[], verdict: "accepted" | "refused"])[] = [
  ["nodes with exclusive", ["--nodes=2 --exclusive", "--exclusive --nodes=2"], "accepted"],
  ["short forms", ["-N2", "-c2", "-t10", "hetjob", "-N 2", "-HN2"], "accepted"],
  ["comments inside a line", ["-N 2 # total number of nodes", "--nodes=2#x", "--job-name=a#b"], "accepted"],
  ["an equals sign after a letter", ["-t=10", "-N=2", "-c=2"], "refused"],
  ["memory of one gigabyte", ["--mem=1G", "--mem=1024M", "--mem=1048576K", "--mem=1GB"], "accepted"],
  ["memory in megabytes, and all of it", ["--mem=100", "--mem=0", "--mem-per-cpu=300"], "accepted"],
  ["memory with a fraction", ["--mem=1.5G", "--mem=1X", "--mem=1P", "--mem="], "refused"],
  [
    "no time limit",
    ["--time=UNLIMITED", "--time=INFINITE", "--time=unlimited", "--time=infinite", "--time=0"],
    "accepted",
  ],
  ["time limits in seconds", ["--time=1:30", "--time=00:00:30"], "accepted"],
  ["time limits in days", ["--time=0-1", "--time=0-0:30", "--time=0:300", "--time=1-"], "accepted"],
  ["wrong time limits", ["--time=foo", "--time=1:2:3:4", "--time=", "--time=1.5", "--time=5m"], "refused"],
  ["ranges of nodes", ["--nodes=1-2", "--nodes=-2", "--nodes=2"], "accepted"],
  ["wrong ranges of nodes", ["--nodes=2-1", "--nodes=1-", "--nodes=1,2", "--nodes="], "refused"],
  ["quotes", ['--comment="a b" --nodes=2', "--comment='a b' --nodes=2", `-J a'b "c'd`], "accepted"],
  [
    "a marker that is no marker",
    ["#", "x"].map((mark) => `-N1\n${mark === "#" ? "##SBATCH -N2" : " #SBATCH -N2"}`),
    "accepted",
  ],
  ["no blank after the marker", ["-N1\n#SBATCH--nodes=2", "-N1\n#SBATCH\t--nodes=2"], "accepted"],
  ["repeated options", ["-c 1\n#SBATCH -c 2", "--nodes=1 --nodes=2", "-s --exclusive", "--exclusive -s"], "accepted"],
  ["tasks", ["--ntasks=4", "-n4", "--ntasks-per-node=2 -N 2", "-n4 -N2"], "accepted"],
  ["wrong tasks", ["-n0", "-n1k", "-n2.5", "-c0", "--ntasks-per-node=0"], "refused"],
  ["missing values", ["--nodes", "--time", "-N"], "refused"],
  ["unknown names", ["--Nodes=2", "--bogus=1", "--no=2", "--node=2", "stray", "-N2 stray", "-y"], "refused"],
  ["abbreviations", ["--part=cpu", "--tasks=2", "--exclusi"], "accepted"],
  ["optional values", ["--no-kill off", "--exclusive=foo", "--no-kill=zz", "--nice 5", "--hold=1"], "refused"],
  [
    "heterogeneous jobs",
    ["-N1\n#SBATCH hetjob -c9\n#SBATCH -N2 -c2", "-c2 hetjob -N2", "PackJob\n#SBATCH -n3"],
    "accepted",
  ],
  [
    "odd quoting",
    [`-c 2 "" -N2`, String.raw`--comment=a\ `, String.raw`-J "x\"y\\z"`, "--comment\n#SBATCH foo"],
    "accepted",
  ],
  [
    "broken quoting",
    [`-J "a`, String.raw`-J "a\"`, "-N1 : -N2", '":" -c2', "-- -N2", String.raw`--comment=a\ b`],
    "refused",
  ],
  [
    "times",
    [
      "--begin=now+5minutes",
      "--begin=16:00",
      "--begin=2050-01-01T12:00",
      "-b noon",
      "--begin=1/1-12:00",
      "--begin=tomorrow12:00",
      "-b 'today 4:00 pm'",
    ],
    "accepted",
  ],
  [
    "wrong times",
    ["--begin=foo", "--begin=25:00", "--begin=13", "--begin=now+5min", "--begin=2030-1-2", "--begin="],
    "refused",
  ],
  ["signals", ["--signal=B:USR1@60", "--signal=SIGTERM", "--signal=10@", "--signal=RB:1"], "accepted"],
  ["wrong signals", ["--signal=WINCH", "--signal=0", "--signal=1@70000", "--signal=R:B:1", "--signal="], "refused"],
  [
    "choices",
    ["--open-mode=a", "--mail-type=foo,END", "--hint=MEMORY_BOUND", "--profile=task,x", "-m block:cyclic,Pack"],
    "accepted",
  ],
  ["wrong choices", ["--open-mode=x", "--mail-type=foo", "--hint=foo", "--profile=x", "-m foo", "-m plane"], "refused"],
  [
    "empty values",
    ["--gpus=", "--extra-node-info=", "--wait-all-nodes=", "--exclusive=", "--comment=", "--nice="],
    "accepted",
  ],
  ["arrays and dependencies", ["--array=1-3:2%1", "--array=", "-d singleton", "--dependency="], "accepted"],
  ["wrong arrays and dependencies", ["--array=5-1", "--array=x", "--array=1-3:0", "-d foo", "-x 'cpu-[0'"], "refused"],
  ["options for the command line alone", ["--help", "--version", "--wrap=x", "-Q", "-v"], "accepted"],
];

describe("headers against real sbatch, table 8.1", () => {
  test.each(table)("%s", async (_, headers, verdict) => {
    const scripts = headers.map((line) => header(`#SBATCH ${line}`));
    const answers = await Promise.all(scripts.map((script) => oracle.submit(script)));
    const readings = answers.map(theirs);
    expect(
      Object.fromEntries(headers.map((line, i) => [line, readings[i] === "refused" ? "refused" : "accepted"])),
    ).toEqual(Object.fromEntries(headers.map((line) => [line, verdict])));
    expect(Object.fromEntries(headers.map((line, i) => [line, ours(scripts[i] ?? "")]))).toEqual(
      Object.fromEntries(headers.map((line, i) => [line, readings[i]])),
    );
  });

  test.each([
    ["an ordinary comment and blank lines before directives", header("# comment", " \t ", "  # more", "#SBATCH -N2")],
    ["a directive after a command", header("true", "#SBATCH --bogus")],
    ["markers that are not exact", header(" #SBATCH --x", "# SBATCH --x", "##SBATCH --x", "#sbatch --x")],
    ["no options at all", header()],
    ["an interpreter of nothing", "#!\n"],
    ["a carriage return inside a line", "#!/bin/sh\necho a\rb\n"],
    ["an empty script", ""],
    ["white space alone", " \n\t\n"],
    ["a blank line before #!", "\n#!/bin/sh\n"],
    ["no #!", "true\n"],
    ["DOS line ends", "#!/bin/sh\r\n#SBATCH -N2\r\ntrue\r\n"],
    ["one DOS line end after the header", "#!/bin/sh\ntrue\r\n"],
    ["a NUL byte", "#!/bin/sh\necho \0\n"],
  ])("%s: the whole script is taken or refused alike", async (_, script) => {
    expect(ours(script)).toEqual(theirs(await oracle.submit(script)));
  });

  test("sbatch honours #PBS and #BSUB lines, which we report", async () => {
    const script = header("#SBATCH -n 3", "#PBS -N other");
    const answer = theirs(await oracle.submit(script));
    expect(answer).toMatchObject([{ name: "other", cpus: 3 }]);
    expect(readScript(script).foreign).toEqual([{ dialect: "PBS", line: 3, text: " -N other" }]);
  });

  test.each(["--time=-5", "--nice=abc", "--priority=abc"])(
    "%s is nonsense that sbatch takes and we refuse",
    async (line) => {
      const script = header(`#SBATCH ${line}`);
      expect(theirs(await oracle.submit(script))).not.toBe("refused");
      expect(ours(script)).toBe("refused");
    },
  );
});

const oneOf = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const scrawl = fc.string({
  unit: oneOf("a", "b", "7", " ", '"', "'", "\\", "#", ":", "=", "-", "\t", "é"),
  maxLength: 10,
});
const option = fc
  .oneof(
    { weight: 3, arbitrary: fc.tuple(oneOf("-N", "-N ", "--nodes=", "--nodes "), oneOf("1", "2", "1-2", "'2'", "2#")) },
    {
      weight: 3,
      arbitrary: fc.tuple(oneOf("-t", "--time=", "--time "), oneOf("5", "1:30", "0-1", "'1-2:3'", "0", "x")),
    },
    { weight: 2, arbitrary: fc.tuple(oneOf("--mem=", "--mem "), oneOf("1G", '"100"', "1048576k", "2GB", "1.5G")) },
    { weight: 2, arbitrary: fc.tuple(oneOf("-c", "--cpus-per-task="), oneOf("1", "2", "3", "1k")) },
    { weight: 4, arbitrary: fc.tuple(oneOf("--comment=", "-J", "-J ", "--job-name="), scrawl) },
    {
      weight: 1,
      arbitrary: fc.tuple(oneOf("--exclusive", "-s", "-H", "-Hs", "--no", "-k", "hetjob", "x", '""', "--"), oneOf("")),
    },
  )
  .map((parts) => parts.join(""));
const line = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(oneOf("#SBATCH ", "#SBATCH", "#SBATCH\t ", "#SBATCH \v"), fc.array(option, { minLength: 1, maxLength: 3 }))
      .map(([mark, options]) => mark + options.join(" ")),
  },
  { weight: 1, arbitrary: oneOf("", "# comment", " \t", " #SBATCH --x", "##SBATCH --x", "#sbatch --x") },
);

test("sixty generated headers are read as real sbatch reads them", async () => {
  const scripts = fc.sample(fc.array(line, { minLength: 1, maxLength: 3 }), { seed: 2205, numRuns: 60 });
  const wanted: Reading[] = [];
  const queue = scripts.entries();
  const worker = async (): Promise<void> => {
    for (const [index, lines] of queue) wanted[index] = theirs(await oracle.submit(header(...lines)));
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  const accepted = wanted.filter((reading) => reading !== "refused").length;
  // Both sides of the comparison must be there for it to mean anything.
  expect(accepted).toBeGreaterThan(15);
  expect(accepted).toBeLessThan(50);
  expect(scripts.map((lines) => [lines, ours(header(...lines))])).toEqual(
    scripts.map((lines, i) => [lines, wanted[i]]),
  );
});
