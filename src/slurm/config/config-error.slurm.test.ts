import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder, writePlan } from "../../../test/planned-cluster.ts";
import { presetPlan } from "../../../test/preset-plans.ts";
import { findConfigError } from "./config-error.ts";

/** Mistakes that people make, one edit each: what is replaced in which file, and by what. */
const mistakes = [
  ["an unknown key", "slurm.conf", "KillWait=5", "KilWait=5", /unrecognized key: KilWait/],
  ["a word for a number", "slurm.conf", "KillWait=5", "KillWait=abc", /KillWait value "abc" is not a valid number/],
  ["an unterminated quote", "slurm.conf", "KillWait=5", 'KillWait="5', /KillWait value/],
  ["a key without a value", "slurm.conf", "KillWait=5", "KillWait", /Parse error/],
  ["two values", "slurm.conf", "KillWait=5", "KillWait=5 6", /Parse error/],
  [
    "an unknown key of a node",
    "slurm.conf",
    "NodeName=cpu-1",
    "NodeName=cpu-1 RealMemry=1",
    /unrecognized key: RealMemry/,
  ],
  ["a word for a node's CPUs", "slurm.conf", "NodeName=cpu-1", "NodeName=cpu-1 Sockets=x", /Sockets value "x"/],
  ["a port out of range", "slurm.conf", "Port=20002", "Port=99999999", /Invalid Port 99999999/],
  ["a node twice", "slurm.conf", "NodeName=cpu-1", "NodeName=cpu-0", /Duplicated NodeHostName cpu-0/],
  [
    "a partition of unknown nodes",
    "slurm.conf",
    "Nodes=gpu-0",
    "Nodes=gpu-[7-9]",
    /Invalid node names in partition gpu/,
  ],
  [
    "a time that is none",
    "slurm.conf",
    "Nodes=gpu-0 MaxTime=INFINITE",
    "Nodes=gpu-0 MaxTime=soon",
    /Bad value "soon" for MaxTime/,
  ],
  ["an unknown plugin", "slurm.conf", "select/cons_tres", "select/foo", /plugin for select\/foo/],
  ["an unknown parameter", "slurm.conf", "CR_CPU_Memory", "CR_FOO", /Bad SelectTypeParameter: CR_FOO/],
  ["an unknown user", "slurm.conf", "SlurmUser=root", "SlurmUser=nobodyhere", /Invalid user for SlurmUser nobodyhere/],
  ["a missing include", "slurm.conf", "KillWait=5", "Include /nowhere.conf", /cannot stat file \/nowhere\.conf/],
  ["an unknown key of a GPU", "gres.conf", "NodeName=gpu-0 ", "NodeName=gpu-0 Typ=x ", /unrecognized key: Typ/],
  ["a device that is not there", "gres.conf", "gpu[0-3]", "gpu[0-4]", /Waiting for gres\.conf file .*gpu4/],
  ["an unknown cgroup key", "cgroup.conf", "ConstrainCores", "ConstrainCore", /unrecognized key: ConstrainCore/],
  [
    "an unknown cgroup value",
    "cgroup.conf",
    "ConstrainCores=no",
    "ConstrainCores=maybe",
    /"maybe" is not a valid option/,
  ],
] as const;

test.each(mistakes)("%s is found in %s (%j made %j)", async (_, name, right, wrong, message) => {
  const { file, text, printed, files } = await edited(name, right, wrong);
  const line = text.split("\n").findIndex((each) => each.includes(wrong)) + 1;
  expect(line).toBeGreaterThan(0);
  const found = findConfigError(printed, files);
  // The second of two nodes of one name is the one that is wrong.
  const isSecond = wrong === "NodeName=cpu-0";
  expect(found).toEqual({ file, line: isSecond ? line + 1 : line, message: expect.stringMatching(message) });
});

test("a key that is missing has a message and no line", async () => {
  const { printed, files } = await edited("slurm.conf", "ClusterName=full", "");
  expect(findConfigError(printed, files)).toEqual({ message: "ClusterName needs to be specified" });
});

test("files that are right give no error", async () => {
  const { printed, files } = await edited("slurm.conf", "KillWait=5", "KillWait=6");
  expect(printed).toContain("Running as primary controller");
  expect(findConfigError(printed, files)).toBeUndefined();
});

async function edited(name: string, right: string, wrong: string) {
  const dir = await makeFolder();
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const { pyxis: _, ...plan } = presetPlan("full", "22.05", { dir, firstPort: 20_000, user: "root" });
  const slurmConf = await writePlan({ ...plan, auth: { type: "none" } }, dir);
  const file = join(dir, "config", name);
  const before = await readFile(file, "utf8");
  const text = before.replace(right, wrong);
  expect(text).not.toBe(before);
  await writeFile(file, text);
  const paths = ["slurm.conf", "gres.conf", "cgroup.conf"].map((each) => join(dir, "config", each));
  const files = await Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, "utf8") })));
  const controller = await untilItSays("slurmctld", ["-D", "-f", slurmConf], /fatal:|retrying|Running as primary/);
  const printed = /fatal:|retrying/.test(controller)
    ? controller
    : controller + (await untilItSays("slurmd", ["-G", "-f", slurmConf, "-N", "gpu-0"], /fatal:|Waiting|Gres Name/));
  return { file, text, printed, files };
}

/** Runs a daemon until it has said what decides, then ends it: some mistakes it would wait for, a right file it would serve. */
function untilItSays(program: string, args: readonly string[], decisive: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let printed = "";
    const daemon = execFile(program, args, { timeout: 10_000 }, () => resolve(printed));
    const take = (chunk: string) => {
      printed += chunk;
      if (decisive.test(printed)) daemon.kill("SIGKILL");
    };
    daemon.stdout?.on("data", take);
    daemon.stderr?.on("data", take);
  });
}
