import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, runOnCluster } from "../../../test/run-on-cluster.ts";
import { freePortRun } from "../../../test/slurm-setup.ts";
import { acceptsJobs } from "./node-state.ts";
import { sbatch } from "./sbatch.ts";
import { scancel } from "./scancel.ts";
import { holdJobs } from "./scontrol-jobs.ts";
import { setNodeState } from "./scontrol-nodes.ts";
import { ping } from "./scontrol-ping.ts";
import { showConfig } from "./scontrol-show-config.ts";
import { showJob } from "./scontrol-show-job.ts";
import { showNode } from "./scontrol-show-node.ts";
import { sinfo } from "./sinfo.ts";
import { squeue } from "./squeue.ts";

/** Nodes are drained and the controller is stopped here, so this file has a cluster of its own. */
const bare = fileURLToPath(new URL("../../../bench/bare-cluster.sh", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "controller-"));
const outside = { SLURM_CONF: join(directory, "config", "slurm.conf") };
const boundary = "4b1f6f2c-77aa-4b9e";
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  env = { ...process.env, BARE_PORT: String(await freePortRun(4)) };
  execFileSync(bare, ["start", directory], { env });
});

afterAll(() => {
  execFileSync(bare, ["stop", directory], { env });
  rmSync(directory, { recursive: true, force: true });
});

test("a drained node tells why, by whom and when, in scontrol and in sinfo", () => {
  const reason = "bad disk = x|y\nState=IDLE [me] é";
  runOnCluster(setNodeState("cpu-[0-1]", { state: "drain", reason }), outside);
  for (const node of runOnCluster(showNode("cpu-[0-1]"), outside)) {
    expect(node).toMatchObject({ state: { base: "idle", flags: ["drain"] }, reason: { text: reason } });
    expect(Math.abs(Date.parse(node.reason?.time ?? "") - Date.now())).toBeLessThan(60_000);
  }
  const rows = runOnCluster(sinfo({ boundary }), outside);
  expect(rows.filter((row) => row.reason === reason).map((row) => row.node)).toEqual(["cpu-0", "cpu-1"]);
  expect(rows.filter((row) => acceptsJobs(row.state)).map((row) => row.node)).toEqual(["gpu-0"]);

  runOnCluster(setNodeState("cpu-[0-1]", { state: "undrain" }), outside);
  for (const node of runOnCluster(showNode("cpu-[0-1]"), outside)) {
    // slurmctld takes a node back as not responding, until its next ping of it (within SlurmdTimeout / 3).
    expect(node.state.base).toBe("idle");
    expect(node.state.flags).not.toContain("drain");
    expect(node).not.toHaveProperty("reason");
  }
});

test("a node that is down accepts no jobs until it is resumed", () => {
  runOnCluster(setNodeState("gpu-0", { state: "down", reason: "test" }), outside);
  const [down] = runOnCluster(showNode("gpu-0"), outside);
  expect(down?.state.base).toBe("down");
  expect(acceptsJobs(down?.state ?? { base: "idle", flags: [] })).toBe(false);
  runOnCluster(setNodeState("gpu-0", { state: "resume" }), outside);
  expect(runOnCluster(showNode("gpu-0"), outside)[0]?.state.base).toBe("idle");
});

test("a node that the cluster lacks is named as such", () => {
  const notFound = expect.objectContaining({ code: "NODE_NOT_FOUND" });
  expect(() => runOnCluster(setNodeState("nosuch", { state: "resume" }), outside)).toThrow(notFound);
  expect(() => runOnCluster(showNode("nosuch"), outside)).toThrow(notFound);
});

test("a cluster whose controller is gone is unreachable to every command, and ping says which controller is down", async () => {
  process.kill(Number(readFileSync(join(directory, "run", "slurmctld"), "utf8")));
  await eventually("slurmctld to be gone", () => !runOnCluster(ping(), outside)[0]?.isUp || undefined);
  // Slurm's programs go on trying for about MessageTimeout, ten seconds unless set.
  appendFileSync(outside.SLURM_CONF, "MessageTimeout=2\n");
  const script = join(directory, "script.sh");
  writeFileSync(script, "#!/bin/sh\ntrue\n");
  const commands = [
    squeue({ boundary }),
    squeue({ boundary, jobs: ["1"] }),
    sinfo({ boundary }),
    showJob("1"),
    showNode(),
    showConfig(),
    holdJobs(["1"]),
    scancel({ jobs: ["1"] }),
    sbatch({ script, args: [], options: [] }),
  ];
  for (const command of commands) {
    const attempt = () => runOnCluster<unknown>(command, outside);
    expect(attempt).toThrow(expect.objectContaining({ code: "CLUSTER_UNREACHABLE" }));
  }
  expect(runOnCluster(ping(), outside)).toMatchObject([{ role: "primary", isUp: false }]);
});
