import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import { expectedJob, megabytes } from "./expected-job.oracle.ts";
import { mergeComponents } from "./merge-options.ts";
import { parseArguments } from "./parse-arguments.ts";
import { readScript } from "./read-script.ts";
import { openSbatchOracle, type JobFacts, type SbatchOracle } from "./sbatch.oracle.ts";

const release = "22.05";
let oracle: SbatchOracle;

beforeAll(async () => {
  oracle = await openSbatchOracle();
});
afterAll(async () => {
  await oracle[Symbol.asyncDispose]();
});

type Job = readonly JobFacts[] | "refused";

function ours(text: string, argv: readonly string[], environment: Readonly<Record<string, string>>): Job {
  try {
    const { components: script } = readScript(text, { release });
    const { components: commandLine } = parseArguments(argv, { release });
    return mergeComponents({ script, environment, commandLine, release }).map((part) => inMegabytes(expectedJob(part)));
  } catch (error) {
    if (error instanceof SluiceError) return "refused";
    throw error;
  }
}

function inMegabytes(fact: JobFacts): JobFacts {
  const [, what, size] = /^MinMemory(Node|CPU)=(.*)$/.exec(fact.memory) ?? [];
  return { ...fact, memory: megabytes(what === "Node" ? "Node" : "CPU", size) };
}

describe("who wins, against real sbatch", () => {
  test.each<[script: string, env: Record<string, string>, argv: string[]]>([
    ["-t 5", { SBATCH_TIMELIMIT: "7" }, []],
    ["-t 5", { SBATCH_TIMELIMIT: "7" }, ["-t", "9"]],
    ["-t 5", {}, ["-t9", "-t11"]],
    ["-t 5", { SBATCH_TIMELIMIT: "" }, []],
    ["-t 5", { SBATCH_TIMELIMIT: "foo" }, []],
    ["-J x", { SBATCH_JOB_NAME: "" }, []],
    ["-J x", { SBATCH_JOB_NAME: "y" }, ["--job-name=z z"]],
    ["-n2", { SBATCH_NTASKS: "3" }, []],
    ["-N2 -n2", {}, ["-n5"]],
    ["-N2", {}, ["-N1"]],
    ["--ntasks-per-node=2", {}, ["-N2"]],
    ["-c2 -N1", {}, ["-n3"]],
    ["--mem=1G", {}, ["--mem=2G"]],
    ["--mem=1G", {}, ["--mem-per-cpu=100"]],
    ["--mem-per-cpu=100", {}, ["--mem=1G"]],
    ["--mem-per-cpu=100", { SBATCH_MEM_PER_NODE: "1G" }, []],
    ["-n1", { SBATCH_MEM_PER_NODE: "1G" }, ["--mem-per-cpu=100"]],
    ["-n1", { SBATCH_MEM_PER_NODE: "1G", SBATCH_MEM_PER_CPU: "100" }, []],
    ["-n1", { SBATCH_MEM_PER_NODE: "1G" }, []],
    ["--mem=1G", { SBATCH_MEM_PER_CPU: "100" }, ["--mem=2G"]],
    ["--mem=1G --mem-per-cpu=9", { SBATCH_MEM_PER_CPU: "100" }, []],
    ["--mem=1G", { SBATCH_MEM_PER_NODE: "3G", SBATCH_MEM_PER_CPU: "5" }, ["--mem-per-cpu=2G"]],
    ["--mem-per-cpu=9", { SBATCH_MEM_PER_NODE: "3G", SBATCH_MEM_PER_CPU: "5" }, []],
    ["-n1", { SBATCH_EXCLUSIVE: "" }, []],
    ["-n1", { SBATCH_EXCLUSIVE: "yes" }, []],
    ["-s", { SBATCH_EXCLUSIVE: "user" }, []],
    ["-s", {}, ["--exclusive"]],
    ["--exclusive", {}, ["-s"]],
    ["--exclusive", { SBATCH_EXCLUSIVE: "user" }, ["--exclusive"]],
    ["--core-spec=1", {}, ["--thread-spec=1"]],
    ["-n1", { SBATCH_CORE_SPEC: "1", SBATCH_THREAD_SPEC: "1" }, []],
    ["-c2", { SBATCH_CPUS_PER_GPU: "2" }, ["-G1", "-pgpu"]],
    ["-n2", { SBATCH_HINT: "foo" }, []],
    ["-n2", {}, ["-J", "", "--comment", "--"]],
    ["-t3 -n2", {}, ["-t9", ":", "-n1"]],
    ["-n1", { SBATCH_TIMELIMIT: "7" }, ["-t9", ":", "-n1"]],
    ["-t3\n#SBATCH hetjob\n#SBATCH -t4", {}, ["-t9", "-n2"]],
    ["-t3\n#SBATCH hetjob\n#SBATCH -t4", {}, ["-t9", ":", "-n1"]],
    ["-t3\n#SBATCH hetjob\n#SBATCH -n2", {}, ["-t9", ":", "-n1", ":", "-n3"]],
    ["-N2 -c2 -Jx --comment=c --mem=1G -t5\n#SBATCH hetjob\n#SBATCH -n2", {}, []],
    ["--mem=1G\n#SBATCH hetjob\n#SBATCH --mem-per-cpu=100", {}, []],
    ["--mem-per-cpu=100\n#SBATCH hetjob\n#SBATCH --mem=1G", {}, []],
    ["--mem-per-cpu=100\n#SBATCH hetjob\n#SBATCH -n1", { SBATCH_MEM_PER_NODE: "1G" }, []],
    ["-Jx\n#SBATCH hetjob\n#SBATCH -Jy", { SBATCH_JOB_NAME: "e" }, ["-Jz"]],
  ])("script %j, environment %j, command line %j", async (line, env, argv) => {
    const script = `#!/bin/sh\n#SBATCH ${line}\ntrue\n`;
    const answer = await oracle.submit(script, argv, env);
    const theirs = "refusal" in answer ? "refused" : answer.records.map(inMegabytes);
    expect(ours(script, argv, env)).toEqual(theirs);
  });
});
