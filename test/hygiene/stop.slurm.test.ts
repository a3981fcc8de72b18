import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  identify,
  isRunning,
  killTree,
  readProcess,
  type ProcessId,
} from "../../src/launcher/drivers/native/processes.ts";
import { tracesOf } from "./machine.ts";
import { eventually, finished, openWorkspace, type Workspace } from "./workspace.ts";

/** Writes a batch script, submits it, and returns its job's id. */
async function submit(
  workspace: Workspace,
  cluster: string,
  lines: readonly string[],
  ...options: readonly string[]
): Promise<string> {
  const script = join(workspace.cwd, `job-${Math.random().toString(36).slice(2)}.sh`);
  writeFileSync(script, ["#!/bin/sh", ...lines, ""].join("\n"));
  const { code, stdout, stderr } = await workspace.run(["sbatch", "--parsable", ...options, script], cluster);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}

async function queue(workspace: Workspace, cluster: string): Promise<string> {
  const { stdout } = await workspace.run(["squeue", "-h", "-o", "%i %T %r", "--sort=i"], cluster);
  return stdout.trim();
}

/** A process that wrote its pid into a file. */
function processIn(file: string): Promise<ProcessId> {
  return eventually(`a pid in ${file}`, () => {
    const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
    return text === "" ? undefined : identify(Number(text));
  });
}

describe("stop and start", () => {
  test("keep held and pending jobs as they were, with ids and reasons", async () => {
    await using workspace = openWorkspace();
    await workspace.ok(["cluster", "create", "--name", "c", "--start", "--quiet"]);
    await submit(workspace, "c", ["true"], "--hold");
    await submit(workspace, "c", ["true"], "--begin=now+1hour");
    await submit(workspace, "c", ["true"], "--dependency=afterok:1");
    await submit(workspace, "c", ["true"], "--array=0-3", "--hold");
    const before = await queue(workspace, "c");
    expect(before.split("\n")).toHaveLength(4);
    await workspace.ok(["cluster", "stop", "--name", "c"]);
    await workspace.ok(["cluster", "start", "--name", "c"]);
    expect(await queue(workspace, "c")).toBe(before);
    expect(await submit(workspace, "c", ["true"], "--hold")).toBe("5");
  });

  test("keep a job that was submitted just before, also where stop is interrupted", async () => {
    await using workspace = openWorkspace();
    await workspace.ok(["cluster", "create", "--name", "c", "--start", "--quiet"]);
    for (let round = 1; round <= 3; round += 1) {
      const slurmd = workspace.record("c").daemons.find(({ name }) => name === "slurm");
      if (slurmd === undefined) throw new Error("no slurmd");
      await submit(workspace, "c", ["true"], "--hold");
      const stop = workspace.start(["cluster", "stop", "--name", "c"]);
      const ended = finished(stop);
      await eventually("slurmd to end", () => (isRunning(slurmd) ? undefined : true));
      stop.kill("SIGINT");
      const { stdout, code } = await ended;
      expect({ stdout, code }).toEqual({ stdout: 'Cluster "c" is stopped; its queue is kept.\n', code: 0 });
      expect(tracesOf(workspace, [workspace.record("c")]).processes).toEqual([]);
      await workspace.ok(["cluster", "start", "--name", "c", "--quiet"]);
      expect((await queue(workspace, "c")).split("\n")).toHaveLength(round);
    }
  });

  test("requeue a running job that allows it, and end one that does not as a failure of its node", async () => {
    await using workspace = openWorkspace();
    await workspace.ok(["cluster", "create", "--name", "c", "--preset", "multi-node", "--start", "--quiet"]);
    const lines = ['echo $$ > "$SLURM_JOB_NAME.pid"', "sleep 1000"];
    const requeued = await submit(workspace, "c", lines, "--job-name=again", "--requeue");
    const ended = await submit(workspace, "c", lines, "--job-name=once", "--no-requeue");
    const processes = await Promise.all(["again", "once"].map((name) => processIn(join(workspace.cwd, `${name}.pid`))));
    await workspace.ok(["cluster", "stop", "--name", "c"]);
    expect(processes.filter(isRunning)).toEqual([]);
    await workspace.ok(["cluster", "start", "--name", "c"]);
    const show = async (id: string): Promise<string> =>
      (await workspace.run(["scontrol", "show", "job", id], "c")).stdout;
    await eventually("the one to be requeued", async () =>
      /JobState=(PENDING|RUNNING|CONFIGURING)[^]*Restarts=1 /.test(await show(requeued)) ? true : undefined,
    );
    await eventually("the other to have failed", async () =>
      /JobState=NODE_FAIL/.test(await show(ended)) ? true : undefined,
    );
  });
});

describe("a cluster whose daemons were killed", () => {
  test("does not take a job for running after start, and a drained node stays drained for its reason", async () => {
    await using workspace = openWorkspace();
    await workspace.ok(["cluster", "create", "--name", "c", "--preset", "multi-node", "--start", "--quiet"]);
    for (const node of [0, 1]) {
      await submit(
        workspace,
        "c",
        [`echo $$ > pid-${node}`, "exec sleep 1000"],
        "-w",
        `compute-${node}`,
        "--no-requeue",
      );
    }
    await Promise.all([0, 1].map((node) => processIn(join(workspace.cwd, `pid-${node}`))));
    await workspace.ok(["cluster", "node", "compute-1", "drain", "--name", "c", "--reason", "new fans"]);
    const { daemons } = workspace.record("c");
    // slurmctld saves its queue, as where the machine is shut down; what it was told last would be lost otherwise.
    for (const { name, pid } of daemons) process.kill(pid, name === "slurmctld" ? "SIGTERM" : "SIGKILL");
    await eventually("the daemons to end", () => (daemons.some(isRunning) ? undefined : true));
    await workspace.ok(["cluster", "start", "--name", "c"]);
    expect(await queue(workspace, "c")).toBe("");
    const { stdout } = await workspace.run(["sinfo", "-hN", "-o", "%N %T %E"], "c");
    expect(stdout.trim().split("\n")).toEqual(["compute-0 idle none", "compute-1 drained new fans"]);
  });
});

test("accounts hold that a running job ended with its node when the cluster was stopped", async () => {
  await using workspace = openWorkspace();
  await workspace.ok(["cluster", "create", "--name", "c", "--with-accounting", "--start", "--quiet"]);
  const conf = workspace.slurmConf("c");
  // The node comes back also where slurm.conf says that nodes that are down stay so.
  writeFileSync(conf, readFileSync(conf, "utf8").replace("ReturnToService=2", "ReturnToService=0"));
  await submit(workspace, "c", ["echo $$ > pid", "exec sleep 1000"], "--no-requeue");
  await processIn(join(workspace.cwd, "pid"));
  await workspace.ok(["cluster", "stop", "--name", "c"]);
  const stopped = Date.now();
  await workspace.ok(["cluster", "start", "--name", "c"]);
  const row = await eventually("sacct to know the end", async () => {
    const { stdout } = await workspace.run(["sacct", "-nXP", "-o", "State,End"], "c", {
      env: { TZ: "UTC", SLURM_TIME_FORMAT: "%s" },
    });
    return stdout.startsWith("NODE_FAIL") ? stdout.trim().split("|") : undefined;
  });
  expect(Number(row[1]) * 1000).toBeLessThanOrEqual(stopped);
  expect((await workspace.run(["sinfo", "-hN", "-o", "%N %T"], "c")).stdout).toBe("slurm idle\n");
});

describe("what jobs left behind", () => {
  /** Ways for a process to leave its job; each writes its pid to pid-N first. */
  const escapes = [
    "(sh -c 'echo $$ > pid-0; exec sleep 1000' &)",
    "setsid -f sh -c 'echo $$ > pid-1; exec sleep 1000'",
    "env -i /usr/bin/setsid -f /bin/sh -c 'echo $$ > pid-2; exec /bin/sleep 1000'",
    "env -i /usr/bin/setsid /bin/sh -c '(/bin/sh -c \"echo \\$\\$ > pid-3; cd /; exec /bin/sleep 1000 <&- >&- 2>&-\" &)'",
    "nohup sh -c 'trap \"\" TERM HUP INT; echo $$ > pid-4; while :; do sleep 1000; done' > nohup.out 2>&1 &",
  ];

  test.each(["stop", "destroy"])("does not survive %s, however far it went", async (command) => {
    await using workspace = openWorkspace();
    await workspace.ok(["cluster", "create", "--name", "c", "--start", "--quiet"]);
    const record = workspace.record("c");
    await submit(workspace, "c", [...escapes, "wait"]);
    const strays = await Promise.all(escapes.map((_, i) => processIn(join(workspace.cwd, `pid-${i}`))));
    expect(strays.filter(isRunning)).toHaveLength(escapes.length);
    await workspace.ok(["cluster", command, "--name", "c"]);
    expect(strays.filter(isRunning)).toEqual([]);
    expect(tracesOf(workspace, [record])).toMatchObject({ processes: [], ports: [] });
  });

  test("does not survive stop where the job itself has ended long before", async () => {
    await using workspace = openWorkspace();
    await workspace.ok(["cluster", "create", "--name", "c", "--start", "--quiet"]);
    await submit(workspace, "c", escapes.slice(2, 4));
    const strays = await Promise.all([2, 3].map((i) => processIn(join(workspace.cwd, `pid-${i}`))));
    await eventually("the job to have ended", async () => ((await queue(workspace, "c")) === "" ? true : undefined));
    await workspace.ok(["cluster", "stop", "--name", "c"]);
    expect(strays.filter(isRunning)).toEqual([]);
  });

  test("of a killed node dies with it, and that of the other node lives", async () => {
    await using workspace = openWorkspace();
    await workspace.ok(["cluster", "create", "--name", "c", "--preset", "multi-node", "--start", "--quiet"]);
    const escape = (file: string): string =>
      `env -i /usr/bin/setsid -f /bin/sh -c 'echo $$ > ${file}; exec /bin/sleep 1000'`;
    await submit(workspace, "c", [escape("pid-0")], "-w", "compute-0");
    await submit(workspace, "c", [escape("pid-1")], "-w", "compute-1");
    const [first, second] = await Promise.all([0, 1].map((i) => processIn(join(workspace.cwd, `pid-${i}`))));
    if (first === undefined || second === undefined) throw new Error("no processes");
    await workspace.ok(["cluster", "node", "compute-0", "kill", "--name", "c"]);
    expect([isRunning(first), isRunning(second)]).toEqual([false, true]);
  });
});

describe("what is the user's own", () => {
  test("survives stop and destroy: a shell with SLURM_CONF, salloc's shell, an editor of slurm.conf", async () => {
    await using workspace = openWorkspace();
    await workspace.ok(["cluster", "create", "--name", "c", "--preset", "multi-node", "--start", "--quiet"]);
    const record = workspace.record("c");
    const env = { ...workspace.env, SLURM_CONF: workspace.slurmConf("c") };
    const alive = "echo $$ > PID; exec sleep 1000";
    const shell = spawn("sh", ["-c", alive.replace("PID", "shell")], { cwd: workspace.cwd, env, stdio: "ignore" });
    const salloc = spawn("salloc", ["-Q", "-n1", "sh", "-c", alive.replace("PID", "salloc")], {
      cwd: workspace.cwd,
      env,
      stdio: "ignore",
    });
    const editor = spawn("sh", ["-c", `exec 3<slurm.conf; ${alive.replace("PID", "../../editor")}`], {
      cwd: join(workspace.directory("c"), "config"),
      env: workspace.env,
      stdio: "ignore",
    });
    const ended = [shell, salloc, editor].map((child) => finished(child));
    try {
      const files = [
        join(workspace.cwd, "shell"),
        join(workspace.cwd, "salloc"),
        join(workspace.cwd, ".slurm-cluster/editor"),
      ];
      const own = await Promise.all(files.map((file) => processIn(file)));
      await workspace.ok(["cluster", "stop", "--name", "c"]);
      expect(own.map(isRunning)).toEqual([true, true, true]);
      await workspace.ok(["cluster", "start", "--name", "c", "--quiet"]);
      await workspace.ok(["cluster", "destroy", "--name", "c"]);
      expect(own.map(isRunning)).toEqual([true, true, true]);
    } finally {
      for (const child of [shell, editor]) child.kill("SIGKILL");
      // Its shell first: salloc would leave it behind.
      if (salloc.pid !== undefined) killTree({ pid: salloc.pid, startTime: readProcess(salloc.pid)?.startTime ?? 0 });
      await Promise.all(ended);
    }
    await eventually("the last of them to go", () =>
      tracesOf(workspace, [record]).processes.length === 0 ? true : undefined,
    );
  });
});
