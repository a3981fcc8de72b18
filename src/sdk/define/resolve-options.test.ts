import { describe, expect, test } from "vitest";
import { readScript } from "../../slurm/batch/read-script.ts";
import { mergeOptions, resolveOptions } from "./resolve-options.ts";
import type { TaskOptions } from "./task-options.ts";

/** The options as sbatch's arguments. */
function argumentsOf(...layers: readonly TaskOptions[]): readonly string[] {
  return resolveOptions(layers).sbatch.map(({ name, value }) =>
    value === undefined ? `--${name}` : `--${name}=${value}`,
  );
}

describe("natural forms", () => {
  test.for<[TaskOptions, string]>([
    [{ cpus: 4 }, "--cpus-per-task=4"],
    [{ memory: 4096 }, "--mem=4G"],
    [{ memory: "4GB" }, "--mem=4G"],
    [{ memory: "1.5 GiB" }, "--mem=1536M"],
    [{ memory: 0 }, "--mem=0"],
    [{ memPerCpu: "512m" }, "--mem-per-cpu=512M"],
    [{ gpus: 2 }, "--gpus=2"],
    [{ gpus: "a100:2" }, "--gpus=a100:2"],
    [{ time: 90 }, "--time=01:30:00"],
    [{ time: 0.5 }, "--time=00:00:30"],
    [{ time: 0 }, "--time=0"],
    [{ time: "90s" }, "--time=00:01:30"],
    [{ time: "30m" }, "--time=00:30:00"],
    [{ time: "2 hours" }, "--time=02:00:00"],
    [{ time: "1d 4h" }, "--time=1-04:00:00"],
    [{ time: "1:00:00" }, "--time=1:00:00"],
    [{ time: "90" }, "--time=90"],
    [{ time: "UNLIMITED" }, "--time=UNLIMITED"],
    [{ delayBoot: "5m" }, "--delay-boot=00:05:00"],
    [{ name: "train" }, "--job-name=train"],
    [{ jobName: "train" }, "--job-name=train"],
    [{ exclusive: true }, "--exclusive"],
    [{ exclusive: "user" }, "--exclusive=user"],
    [{ requeue: false }, "--no-requeue"],
    [{ partition: ["gpu", "cpu"] }, "--partition=gpu,cpu"],
    [{ nodelist: ["n1", "n[2-3]"] }, "--nodelist=n1,n[2-3]"],
    [{ mailType: ["END", "FAIL"] }, "--mail-type=END,FAIL"],
    [{ oomKillStep: 1 }, "--oom-kill-step=1"],
    [{ nice: true }, "--nice"],
    [{ nice: -5 }, "--nice=-5"],
    [{ output: "out/%j.txt" }, "--output=out/%j.txt"],
    [{ comment: 'a "b" $(c)' }, '--comment=a "b" $(c)'],
  ])("%j is %s", ([options, argument]) => {
    expect(argumentsOf(options)).toEqual([argument]);
  });

  test.for<TaskOptions>([{ exclusive: false }, { partition: [] }, { memory: null }, { gpus: undefined }])(
    "%j asks for nothing",
    (options) => {
      expect(argumentsOf(options)).toEqual([]);
    },
  );
});

describe("layers", () => {
  test("higher ones count, under whichever name", () => {
    expect(argumentsOf({ cpus: 2, partition: "cpu" }, { cpusPerTask: 4 }, { gpus: 1 })).toEqual([
      "--cpus-per-task=4",
      "--gpus=1",
      "--partition=cpu",
    ]);
  });

  test("what says nothing leaves lower ones, null and false take them back", () => {
    expect(
      argumentsOf({ qos: "high", account: "a", hold: true }, { qos: undefined, account: null, hold: false }),
    ).toEqual(["--qos=high"]);
  });

  test("of options that exclude each other the one of the higher layer counts", () => {
    expect(argumentsOf({ mem: "4G", exclusive: true }, { memPerCpu: "1G", oversubscribe: true })).toEqual([
      "--mem-per-cpu=1G",
      "--oversubscribe",
    ]);
    expect(argumentsOf({ mem: "4G" }, { memPerCpu: null })).toEqual(["--mem=4G"]);
  });

  test("variables and labels of all come together", () => {
    const { own } = resolveOptions([
      { env: { A: "1", B: "1" }, labels: { team: "x" } },
      { env: { B: "2" } },
      { labels: { run: "7" } },
    ]);
    expect(own).toMatchObject({ env: { A: "1", B: "2" }, labels: { team: "x", run: "7" } });
  });

  test("can be put together before they are resolved", () => {
    const merged = mergeOptions([
      { cpus: 2, memPerCpu: "1G", env: { A: "1" } },
      { mem: 512, env: { B: "2" } },
    ]);
    expect(merged).toEqual({ cpusPerTask: 2, mem: 512, env: { A: "1", B: "2" } });
  });
});

test("Sluice's own options come in one form", () => {
  const { own, sbatch } = resolveOptions([
    {
      cwd: "/scratch",
      node: "bundled",
      packaging: "container:node:24",
      setup: "module load node\nulimit -n 4096",
      srun: true,
      retries: { limit: 3, on: ["failed", "timeout"] },
    },
  ]);
  expect(sbatch).toEqual([]);
  expect(own).toEqual({
    env: {},
    labels: {},
    cwd: "/scratch",
    node: "bundled",
    packaging: "container:node:24",
    setup: ["module load node", "ulimit -n 4096"],
    srun: true,
    retries: { limit: 3, on: ["failed", "timeout"], backoffSeconds: 1, factor: 2 },
  });
  expect(resolveOptions([{ retries: 2 }]).own.retries).toEqual({
    limit: 2,
    on: ["failed"],
    backoffSeconds: 1,
    factor: 2,
  });
});

test.for<[unknown, RegExp]>([
  [{ partitoin: "gpu" }, /^options\.partitoin is no option; did you mean partition\?$/],
  [{ array: "0-9" }, /^options\.array is none that a task can have; call \.map\(items\)/],
  [{ testOnly: true }, /^options\.testOnly is none that a task can have/],
  [{ "cpus-per-task": 2 }, /^options\.cpus-per-task is no option; did you mean cpusPerTask\?$/],
  [{ toString: 1 }, /^options\.toString is no option/],
  [{ cpus: 0 }, /^options\.cpus: value "0": not a whole number from 1/],
  [{ cpus: 1.5 }, /^options\.cpus: value "1\.5"/],
  [{ cpus: Number.NaN }, /^options\.cpus takes count, not NaN$/],
  [{ cpus: true }, /^options\.cpus takes count, not true$/],
  [{ cpus: [1, 2] }, /^options\.cpus takes one value \(count\), not a list$/],
  [{ cpus: {} }, /^options\.cpus takes count, not object$/],
  [{ memory: "4 bananas" }, /^options\.memory: memory size "4 bananas": not a size; give MiB/],
  [{ memory: -1 }, /^options\.memory: memory size "-1"/],
  [{ time: "soon" }, /^options\.time: duration "soon": not one of Slurm's forms/],
  [{ time: -1 }, /^options\.time: duration "-1": not a length of time/],
  [{ time: "0s" }, /^options\.time: duration "0s": not a length of time/],
  [{ time: "" }, /^options\.time: duration ""/],
  [{ hold: "yes" }, /^options\.hold takes true or false, not "yes"$/],
  [{ exclusive: "all" }, /^options\.exclusive: value "all": not one of its values; give user, mcs, topo/],
  [{ comment: "a\nb" }, /^options\.comment has a line break/],
  [{ cpus: 2, cpusPerTask: 4 }, /^options\.cpus and options\.cpusPerTask exclude each other/],
  [{ mem: 1, memPerGpu: 2 }, /^options\.mem and options\.memPerGpu exclude each other/],
  [{ env: { "A B": "1" } }, /^options\.env\.A B is not the name of a variable/],
  [{ env: { A: 1 } }, /^options\.env\.A takes a text, not 1$/],
  [{ env: ["A=1"] }, /^options\.env takes names with texts, not a list$/],
  [{ cwd: "here" }, /^options\.cwd takes the absolute path of a folder on the cluster, not "here"$/],
  [{ node: "v24" }, /^options\.node takes "system", "bundled" or the absolute path/],
  [{ packaging: "zip" }, /^options\.packaging takes "bundle"/],
  [{ srun: 2 }, /^options\.srun takes true or false/],
  [{ setup: [1] }, /^options\.setup takes lines of shell, not 1$/],
  [{ retries: -1 }, /^options\.retries\.limit takes a whole number from 0, not -1$/],
  [{ retries: { limit: 1, factor: 0.5 } }, /^options\.retries\.factor takes a number from 1, not 0\.5$/],
  [{ retries: { limit: 1, on: ["fail"] } }, /^options\.retries\.on takes failed, timeout/],
  [{ retries: { limits: 1 } }, /^options\.retries\.limits is not known; did you mean limit\?$/],
  ["gpu", /^options takes an object with options, not string$/],
  [null, /^options takes an object with options, not null$/],
])("%j is refused", ([options, message]) => {
  expect(() => Reflect.apply(resolveOptions, undefined, [[options]])).toThrow(
    expect.objectContaining({ code: "INPUT_INVALID", message: expect.stringMatching(message) }),
  );
});

test("what is resolved is what sbatch's own reader finds in the script", () => {
  const lines = argumentsOf({
    cpus: 4,
    memory: "1.5G",
    time: "1d 4h",
    partition: ["a", "b"],
    exclusive: true,
    requeue: false,
  });
  const script = `#!/bin/bash\n${lines.map((line) => `#SBATCH ${line}\n`).join("")}true\n`;
  const [found] = readScript(script).components;
  expect(
    found.map(({ option, value }) => (value === undefined ? `--${option.name}` : `--${option.name}=${value}`)),
  ).toEqual(lines);
});
