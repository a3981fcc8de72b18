import { request } from "node:http";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ClusterRecord } from "../../src/schema/cluster-record.ts";
import { listProcesses } from "../../src/launcher/drivers/native/processes.ts";
import { occupyPort } from "../sluice.ts";
import { nothing, tracesOf } from "./machine.ts";
import { eventually, openWorkspace, type Workspace } from "./workspace.ts";

const cycles = 20;

async function runJob(workspace: Workspace, name: string): Promise<string> {
  const { code, stdout, stderr } = await workspace.run(["srun", "-N2", "-l", "printenv", "SLURMD_NODENAME"], name);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.split("\n").filter(Boolean).sort().join(" ");
}

test(
  `${cycles} cycles of create, run, stop, start and destroy leave the machine as it was`,
  { timeout: 120_000 },
  async () => {
    await using workspace = openWorkspace();
    const hadPrivilegeSeparation = existsSync("/run/sshd");
    const records: ClusterRecord[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      // The registry's usual port is wanted by others too, who would get it while this cluster is stopped: it takes another.
      await using _usual = await occupyPort(5000).catch(() => undefined);
      await workspace.ok([
        "cluster",
        "create",
        "--name",
        "c",
        "--preset",
        "full",
        "--with-registry",
        "--start",
        "--quiet",
      ]);
      const record = workspace.record("c");
      records.push(record);
      expect(record.daemons.map(({ name }) => name).sort()).toEqual(
        ["cpu-0", "cpu-1", "docker-registry", "gpu-0", "munged", "slurmctld", "sshd"].sort(),
      );
      expect(await runJob(workspace, "c")).toBe("0: cpu-0 1: cpu-1");

      await workspace.ok(["cluster", "stop", "--name", "c", "--quiet"]);
      expect(tracesOf(workspace, [record])).toMatchObject({ processes: [], ports: [] });

      await workspace.ok(["cluster", "start", "--name", "c", "--quiet"]);
      expect(await runJob(workspace, "c")).toBe("0: cpu-0 1: cpu-1");
      expect(tracesOf(workspace, [record]).ports.toSorted((a, b) => a - b)).toEqual(
        record.ports.toSorted((a, b) => a - b),
      );

      await workspace.ok(["cluster", "destroy", "--name", "c", "--quiet"]);
      expect(tracesOf(workspace, records)).toEqual(nothing);
    }
    // Another test's sshd may need it still; its own last cluster takes it away then.
    const sshdRuns = listProcesses().some(({ name }) => name === "sshd");
    expect(existsSync("/run/sshd") && !hadPrivilegeSeparation && !sshdRuns).toBe(false);
  },
);

test("a cluster with REST and no accounting answers", { timeout: 120_000 }, async () => {
  await using workspace = openWorkspace();
  await workspace.ok(["cluster", "create", "--name", "r", "--with-rest", "--start", "--quiet"]);
  const reply = await get(join(workspace.record("r").run, "rest.sock"), "/slurm/v0.0.38/ping");
  expect(JSON.parse(reply.body)).toMatchObject({ pings: [{ ping: "UP" }], errors: [] });
});

test("a cluster with accounting and REST answers, and leaves nothing", { timeout: 120_000 }, async () => {
  await using workspace = openWorkspace();
  await workspace.ok(["cluster", "create", "--name", "a", "--with-accounting", "--with-rest", "--start", "--quiet"]);
  const record = workspace.record("a");
  await workspace.run(["srun", "--job-name=counted", "true"], "a");
  const rows = await eventually("sacct to know the job's end", async () => {
    const { stdout } = await workspace.run(["sacct", "-X", "-n", "-P", "-o", "JobName,State,ExitCode"], "a");
    return stdout.includes("COMPLETED") ? stdout.trim() : undefined;
  });
  expect(rows).toBe("counted|COMPLETED|0:0");
  const reply = await get(join(record.run, "rest.sock"), "/slurm/v0.0.38/ping");
  expect(reply.status).toBe(200);
  expect(JSON.parse(reply.body)).toMatchObject({ pings: [{ ping: "UP" }], errors: [] });

  await workspace.ok(["cluster", "stop", "--name", "a", "--quiet"]);
  expect(tracesOf(workspace, [record])).toMatchObject({ processes: [], ports: [] });
  await workspace.ok(["cluster", "start", "--name", "a", "--quiet"]);
  const kept = await workspace.run(["sacct", "-X", "-n", "-P", "-o", "JobName,State", "-S", "2020-01-01"], "a");
  expect(kept.stdout.trim()).toBe("counted|COMPLETED");
  await workspace.ok(["cluster", "destroy", "--name", "a", "--quiet"]);
  expect(tracesOf(workspace, [record])).toEqual(nothing);
});

test("a cluster whose path is too long for sockets leaves nothing in /tmp either", async () => {
  await using workspace = openWorkspace({ folder: "f".repeat(60) });
  await workspace.ok(["cluster", "create", "--name", "long", "--start", "--quiet"]);
  const record = workspace.record("long");
  expect(record.run).toMatch(/^\/tmp\/slu-[0-9a-f]{8}$/);
  expect((await workspace.run(["srun", "hostname"], "long")).code).toBe(0);
  await workspace.ok(["cluster", "destroy", "--name", "long", "--quiet"]);
  expect(tracesOf(workspace, [record])).toEqual(nothing);
});

function get(socketPath: string, path: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, headers: { host: "localhost" } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .once("error", reject)
      .end();
  });
}
