import { describe, expect, test } from "vitest";
import { mergeOptions, type OptionSources } from "./merge-options.ts";
import { parseArguments } from "./parse-arguments.ts";
import { toArguments } from "./write-script.ts";

function sources(script: string, environment: Record<string, string>, commandLine: string): OptionSources {
  return {
    script: parseArguments(script.split(" ").filter(Boolean)).components[0],
    environment,
    commandLine: parseArguments(commandLine.split(" ").filter(Boolean)).components[0],
  };
}

function merge(script: string, environment: Record<string, string>, commandLine: string): string {
  return toArguments(mergeOptions(sources(script, environment, commandLine))).join(" ");
}

/** Each row measured with sbatch and `scontrol show job`. */
const measured: readonly [what: string, script: string, env: Record<string, string>, argv: string, merged: string][] = [
  ["the environment wins over the script", "-t5", { SBATCH_TIMELIMIT: "7" }, "", "--time=7"],
  ["the command line wins over both", "-t5", { SBATCH_TIMELIMIT: "7" }, "-t9", "--time=9"],
  ["the last of each wins", "-c1 -c2", {}, "", "--cpus-per-task=2"],
  ["an empty variable is a value", "-Jx", { SBATCH_JOB_NAME: "" }, "", "--job-name="],
  ["an empty variable sets an option with an optional value", "", { SBATCH_EXCLUSIVE: "" }, "", "--exclusive"],
  ["a flag is set by an empty variable", "", { SBATCH_OVERCOMMIT: "" }, "", "--overcommit"],
  [
    "a flag is set by yes and by a number",
    "",
    { SBATCH_OVERCOMMIT: "YES", SBATCH_REQUEUE: "2" },
    "",
    "--overcommit --requeue",
  ],
  ["a flag is not unset by a variable", "-O", { SBATCH_OVERCOMMIT: "no" }, "", "--overcommit"],
  [
    "of two variables of one option the later counts",
    "",
    { SBATCH_CLUSTERS: "a", SLURM_CLUSTERS: "b" },
    "",
    "--clusters=b",
  ],
  ["exclusive after oversubscribe counts", "-s", {}, "--exclusive", "--exclusive"],
  ["oversubscribe after exclusive counts", "--exclusive -s", {}, "", "--oversubscribe"],
  ["exclusive from the environment beats the script", "-s", { SBATCH_EXCLUSIVE: "user" }, "", "--exclusive=user"],
  ["requeue beats no-requeue in the environment", "", { SBATCH_REQUEUE: "1", SBATCH_NO_REQUEUE: "1" }, "", "--requeue"],
  ["nodes and ntasks live side by side", "-N2 -n2", {}, "-n5", "--nodes=2 --ntasks=5"],
  [
    "memory from the script puts aside that of the environment",
    "--mem-per-cpu=100",
    { SBATCH_MEM_PER_NODE: "1G" },
    "",
    "--mem-per-cpu=100",
  ],
  [
    "memory from the command line does so too",
    "",
    { SBATCH_MEM_PER_NODE: "1G" },
    "--mem-per-cpu=100",
    "--mem-per-cpu=100",
  ],
  [
    "a variable that replaces the script's value counts as the environment's",
    "--mem=1G --mem-per-cpu=9",
    { SBATCH_MEM_PER_CPU: "5" },
    "",
    "--mem=1G",
  ],
  [
    "a script's rival puts aside two variables",
    "--mem-per-gpu=1G",
    { SBATCH_MEM_PER_CPU: "5", SBATCH_MEM_PER_NODE: "1G" },
    "",
    "--mem-per-gpu=1G",
  ],
  ["what has no effect in a script is dropped", "--wrap=x --help -Q -n1", {}, "", "--ntasks=1"],
];

describe("merging options", () => {
  test.each(measured)("%s", (_, script, environment, argv, merged) => {
    expect(merge(script, environment, argv)).toBe(merged);
  });

  test.each<[what: string, script: string, env: Record<string, string>, argv: string, says: RegExp]>([
    ["memory twice in the script", "--mem=1G --mem-per-cpu=1", {}, "", /--mem \(script\) and --mem-per-cpu \(script\)/],
    ["memory in script and command line", "--mem=1G", {}, "--mem-per-cpu=1", /--mem-per-cpu \(command line\)/],
    [
      "memory twice in the environment",
      "",
      { SBATCH_MEM_PER_CPU: "1", SBATCH_MEM_PER_NODE: "1" },
      "",
      /SBATCH_MEM_PER_NODE/,
    ],
    ["specialised cores and threads", "-S1", {}, "--thread-spec=1", /--core-spec/],
    ["processors per GPU and per task", "-c2", { SBATCH_CPUS_PER_GPU: "2" }, "", /SBATCH_CPUS_PER_GPU/],
    ["a bad variable", "", { SBATCH_TIMELIMIT: "foo" }, "", /environment variable SBATCH_TIMELIMIT/],
    ["an empty variable where a value is needed", "", { SBATCH_TIMELIMIT: "" }, "", /SBATCH_TIMELIMIT/],
    ["an optional value given as yes", "", { SBATCH_EXCLUSIVE: "yes" }, "", /SBATCH_EXCLUSIVE/],
  ])("%s is refused", (_, script, environment, argv, says) => {
    expect(() => merge(script, environment, argv)).toThrow(says);
    expect(() => merge(script, environment, argv)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });

  test("says where each option came from", () => {
    const merged = mergeOptions(sources("-n1 -N1", { SBATCH_PARTITION: "gpu" }, "-n2"));
    expect(merged.map(({ option, source, variable }) => [option.name, source, variable])).toEqual([
      ["nodes", "script", undefined],
      ["partition", "environment", "SBATCH_PARTITION"],
      ["ntasks", "command-line", undefined],
    ]);
  });

  test("reads no variable but sbatch's own", () => {
    expect(merge("", { SBATCH_NTASKS: "3", SLURM_NTASKS: "3", SBATCH_COMMENT: "x", nodes: "2" }, "")).toBe("");
  });
});
