import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Command } from "../../schema/command.ts";
import { sacct } from "./sacct.ts";
import { ping } from "./scontrol-ping.ts";
import { showConfig } from "./scontrol-show-config.ts";
import { showJob } from "./scontrol-show-job.ts";
import { showNode } from "./scontrol-show-node.ts";
import { showPartition } from "./scontrol-show-partition.ts";
import { sinfo } from "./sinfo.ts";
import { squeue } from "./squeue.ts";

/** The fixtures are what Slurm 22.05.8 with slurmdbd and MariaDB printed for these very commands. */
const boundary = "fixture-boundary";

function parseFixture<T>(name: string, command: Command<T>): T {
  const stdout = readFileSync(new URL(`fixtures/${name}-22.05.txt`, import.meta.url), "utf8");
  return command.parse({ stdout, stderr: "", exitCode: 0 });
}

const hostileComment = "a JobState=FAILED b=c\n   JobState=FAILED Reason=None Dependency=(null)\n   StdOut=/elsewhere";
const hostileName = 'na\nme |x=y "q" %j é漢\ttab';

describe("squeue", () => {
  const jobs = parseFixture("squeue", squeue({ boundary }));
  const job = (nativeId: string) => jobs.find((one) => one.nativeId === nativeId);

  test("keeps names, comments and paths as they were given", () => {
    expect(job("11")).toMatchObject({
      state: "PENDING",
      reason: "JobHeldUser",
      name: hostileName,
      comment: hostileComment,
      workDirectory: "/tmp/fx/w d=x|y",
      command: "/tmp/fx/my script.sh arg 1 b=c",
      submitTime: "2026-11-23T05:30:59Z",
    });
    expect(job("11")).not.toHaveProperty("startTime");
    expect(job("11")).not.toHaveProperty("nodes");
  });

  test("tells the tasks of an array apart, and those that wait together", () => {
    expect(job("12_2")).toMatchObject({ jobId: 12, array: { jobId: 12, tasks: "2" }, exit: { status: 2, signal: 0 } });
    expect(job("12_0")).toMatchObject({ jobId: 17, array: { jobId: 12, tasks: "0" }, state: "COMPLETED" });
    expect(job("13_[5-8]")).toMatchObject({ jobId: 13, array: { jobId: 13, tasks: "5-8" }, state: "PENDING" });
    expect(job("11")).not.toHaveProperty("array");
  });

  test("reads what runs, where, and with what", () => {
    expect(job("14")).toMatchObject({
      state: "RUNNING",
      nodes: "cpu-[0-1]",
      nodeCount: 2,
      cpus: 2,
      timeLimit: 600,
      startTime: "2026-11-23T05:30:59Z",
      endTime: "2026-11-23T05:40:59Z",
      tres: "cpu=2,mem=512M,node=2,billing=2",
    });
    expect(job("15")?.tres).toContain("gres/gpu=2");
  });

  test("counts restarts and gives the signal that ended a job", () => {
    expect(job("10")?.restarts).toBe(1);
    expect(job("16")).toMatchObject({ state: "CANCELLED", exit: { status: 0, signal: 15 } });
  });
});

describe("sacct", () => {
  const rows = parseFixture("sacct", sacct({ boundary, jobs: ["2"], steps: true, everyRun: true }));
  const row = (nativeId: string) => rows.find((one) => one.nativeId === nativeId);

  test("keeps line ends in names and comments", () => {
    expect(row("2")).toMatchObject({
      state: "FAILED",
      name: "na\nme |x=y é\t`q`",
      comment: "c o=m\nment",
      exit: { status: 3, signal: 0 },
      derivedExit: { status: 7, signal: 0 },
    });
  });

  test("reads steps", () => {
    expect(row("2.batch")).toMatchObject({ rawId: "2.batch", name: "batch", exit: { status: 3, signal: 0 } });
    expect(row("2.batch")).not.toHaveProperty("user");
    expect(row("12_1.batch")?.rawId).toBe("18.batch");
  });

  test("names whoever cancelled a job, and reads one that never started", () => {
    expect(row("16")).toMatchObject({ state: "CANCELLED", cancelledBy: 0, timeLimit: 600, nodes: "cpu-0" });
    expect(row("19")).toMatchObject({ state: "CANCELLED", cancelledBy: 0, elapsedSeconds: 0 });
    expect(row("19")).not.toHaveProperty("nodes");
    expect(row("19")).not.toHaveProperty("partition");
  });

  test("gives every run of a job that was requeued", () => {
    expect(rows.filter((one) => one.nativeId === "10").map((one) => one.state)).toEqual(["REQUEUED", "COMPLETED"]);
  });

  test("leaves out the end of what runs and waits", () => {
    expect(row("14")).not.toHaveProperty("endTime");
    expect(row("13_[5-8]")).toMatchObject({ state: "PENDING", reason: "JobHeldUser" });
    expect(row("13_[5-8]")).not.toHaveProperty("startTime");
  });

  test("takes no output for not known yet, and disabled accounting for a lack", () => {
    const command = sacct({ boundary, jobs: ["2"] });
    expect(command.parse({ stdout: "", stderr: "", exitCode: 0 })).toEqual([]);
    const disabled = { stdout: "", stderr: "Slurm accounting storage is disabled\n", exitCode: 1 };
    expect(() => command.parse(disabled)).toThrow(expect.objectContaining({ code: "CAPABILITY_MISSING" }));
  });
});

describe("scontrol show job", () => {
  test("is not misled by a comment that looks like other keys", () => {
    const [job] = parseFixture("show-job", showJob("11"));
    expect(job).toMatchObject({
      jobId: 11,
      state: "PENDING",
      reason: "JobHeldUser",
      name: hostileName,
      command: "/tmp/fx/my script.sh arg 1 b=c",
      workDirectory: "/tmp/fx/w d=x|y",
      stdin: "/dev/null",
      requestedTres: "cpu=1,mem=256M,node=1,billing=1",
    });
    expect(job?.comment).toBe(hostileComment);
    expect(job?.stdout).toBe("/tmp/fx/w d=x|y/o ut=11.txt");
  });

  test("gives one record for each task, in Slurm's odd order", () => {
    const jobs = parseFixture("show-job-array", showJob("12"));
    expect(jobs.map((job) => [job.array?.tasks, job.exit.status, job.stdout])).toEqual([
      ["2", 2, "/tmp/fx/arr-12_2.txt"],
      ["1", 1, "/tmp/fx/arr-12_1.txt"],
      ["0", 0, "/tmp/fx/arr-12_0.txt"],
    ]);
  });

  test("gives one record for tasks that wait", () => {
    const jobs = parseFixture("show-job-pending-array", showJob("13"));
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({ array: { jobId: 13, tasks: "5-8" }, stdout: "/tmp/fx/slurm-13_4294967294.out" });
  });
});

test("scontrol show node keeps a reason of several lines, and who gave it", () => {
  const nodes = parseFixture("show-node", showNode());
  expect(nodes.map((node) => node.name)).toEqual(["cpu-0", "cpu-1", "gpu-0"]);
  expect(nodes[1]).toMatchObject({
    state: { base: "mixed", flags: ["drain"] },
    reason: { text: "bad disk = x|y\nState=IDLE [me]", user: "root", time: "2026-11-23T05:31:03Z" },
    partitions: ["cpu"],
    version: "22.05.8",
  });
  expect(nodes[2]).toMatchObject({
    gres: "gpu:fake:4",
    features: ["gpu"],
    memoryMb: { total: 16_384, allocated: 256 },
  });
});

test("scontrol show node names the node that is missing", () => {
  const output = { stdout: "Node nosuch not found\n", stderr: "", exitCode: 1 };
  expect(() => showNode("nosuch").parse(output)).toThrow(expect.objectContaining({ code: "NODE_NOT_FOUND" }));
});

test("scontrol show partition reads limits and the default", () => {
  const partitions = parseFixture("show-partition", showPartition());
  expect(partitions).toMatchObject([
    {
      name: "cpu",
      isDefault: true,
      state: "UP",
      nodes: "cpu-[0-1]",
      totalCpus: 16,
      maxTime: "unlimited",
      maxNodes: "unlimited",
    },
    { name: "gpu", isDefault: false, totalNodes: 1 },
  ]);
  expect(partitions[0]).not.toHaveProperty("defaultTime");
});

test("scontrol show config gives the version and every setting", () => {
  const config = parseFixture("show-config", showConfig());
  expect(config.version).toBe("22.05.8");
  expect(config.clusterName).toBe("acct");
  expect(config.settings.get("AccountingStorageType")).toBe("accounting_storage/slurmdbd");
  expect(config.settings.get("NEXT_JOB_ID")).toBe("20");
  expect(config.settings.get("MinJobAge")).toBe("300 sec");
});

test("sinfo gives a row for each node and partition", () => {
  const rows = parseFixture("sinfo", sinfo({ boundary }));
  expect(rows.map((row) => [row.node, row.partition, row.isDefaultPartition])).toEqual([
    ["cpu-0", "cpu", true],
    ["cpu-1", "cpu", true],
    ["gpu-0", "gpu", false],
  ]);
  expect(rows[1]).toMatchObject({
    // sinfo counts the CPUs of a draining node as neither allocated nor idle, so it says allocated where scontrol says mixed.
    state: { base: "allocated", flags: ["drain"] },
    reason: "bad disk = x|y\nState=IDLE [me]",
    reasonUser: "root(0)",
    reasonTime: "2026-11-23T05:31:03Z",
    cpus: { allocated: 1, idle: 0, other: 7, total: 8 },
  });
  expect(rows[2]).toMatchObject({ gres: "gpu:fake:4", gresUsed: "gpu:fake:2(IDX:0-1)", features: ["gpu"] });
  expect(rows[0]).not.toHaveProperty("reason");
});

test("scontrol ping tells which controllers answer, though it ends with an error when none does", () => {
  const down =
    "Slurmctld(primary) at vm is DOWN\n*****************************************\n** RESTORE SLURMCTLD DAEMON TO SERVICE **\n*****************************************\n";
  expect(ping().parse({ stdout: down, stderr: "", exitCode: 1 })).toEqual([
    { role: "primary", host: "vm", isUp: false },
  ]);
  const pair = "Slurmctld(primary) at a is DOWN\nSlurmctld(backup) at b is UP\n";
  expect(
    ping()
      .parse({ stdout: pair, stderr: "", exitCode: 0 })
      .map((one) => one.isUp),
  ).toEqual([false, true]);
  expect(() =>
    ping().parse({ stdout: "", stderr: "scontrol: fatal: Unable to process configuration file", exitCode: 1 }),
  ).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});
