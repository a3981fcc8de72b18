import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterStatus } from "../../src/schema/cluster-status.ts";
import { openWorkspace, run, type Workspace } from "../sluice.ts";

let workspace: Workspace;
let made: ClusterStatus;
beforeAll(async () => {
  workspace = await openWorkspace();
  // The requirements' sample: as many nodes as no preset has.
  made = await workspace.start("sample", "--cpu-nodes", "1", "--gpu-nodes", "1", "--with-registry");
});
afterAll(() => workspace[Symbol.asyncDispose]());

const shown = (name = "sample"): Promise<string> => workspace.done("cluster", "status", "--name", name);
const scontrol = async (...args: readonly string[]): Promise<void> => {
  const { stderr } = await workspace.onCluster("sample", "scontrol", ...args);
  expect(stderr).toBe("");
};
/** The cells of one table of the text, headings first. */
const tableOf = async (heading: string): Promise<readonly (readonly string[])[]> => {
  const text = await shown();
  const body = text.slice(text.indexOf(`${heading}:\n`) + heading.length + 2).split("\n\n")[0] ?? "";
  return body.split("\n").map((line) => line.trim().split(/ {3,}/));
};

test("item 19: mixed flags make exactly the nodes that they name, and Slurm runs them", async () => {
  const flags = "--cpu-nodes 2 --gpu-nodes 1 --gpus-per-node 4 --cpus-per-node 8 --memory-per-node 16384";
  const { nodes, partitions } = await workspace.start("dev-cluster", ...flags.split(" "));
  expect(nodes).toEqual([
    { name: "controller", state: "up", cpus: 2, gpus: 0, memory: 2048, partitions: [] },
    { name: "compute-0", state: "idle", cpus: 8, gpus: 0, memory: 16_384, partitions: ["cpu"] },
    { name: "compute-1", state: "idle", cpus: 8, gpus: 0, memory: 16_384, partitions: ["cpu"] },
    { name: "compute-2", state: "idle", cpus: 8, gpus: 4, memory: 16_384, partitions: ["gpu"] },
  ]);
  expect(partitions).toEqual([
    { name: "cpu", nodes: "compute-[0-1]", state: "up", default: true },
    { name: "gpu", nodes: "compute-2", state: "up", default: false },
  ]);
  await workspace.done("cluster", "destroy", "--name", "dev-cluster");
});

test("item 31: the name, whether it runs and since when", async () => {
  expect(await shown()).toMatch(/^Cluster: sample\nStatus: {2}Running\nUptime: {2}(\d+m )?\d+[sm]\n\nNodes:\n/);
  await workspace.done("cluster", "create", "--name", "asleep");
  expect(await shown("asleep")).toMatch(/^Cluster: asleep\nStatus: {2}Stopped\nUptime: {2}-\n\nNodes:\n/);
});

test("item 32: a table of nodes, with dashes for no GPUs and no partition", async () => {
  expect(await tableOf("Nodes")).toEqual([
    ["NAME", "STATE", "CPUS", "GPUS", "MEMORY", "PARTITION"],
    ["controller", "up", "2", "-", "2048", "-"],
    ["compute-0", "idle", "4", "-", "4096", "cpu"],
    ["compute-1", "idle", "4", "2", "4096", "gpu"],
  ]);
});

test("item 33: a table of partitions that says which is the default", async () => {
  expect(await tableOf("Partitions")).toEqual([
    ["NAME", "NODES", "STATE", "DEFAULT"],
    ["cpu", "compute-0", "up", "yes"],
    ["gpu", "compute-1", "up", "no"],
  ]);
  await scontrol("update", "partitionname=gpu", "state=drain");
  expect((await tableOf("Partitions"))[2]).toEqual(["gpu", "compute-1", "drain", "no"]);
  await scontrol("update", "partitionname=gpu", "state=up");
});

test("item 34: the ssh command line, which lets in by key and asks for no password", async () => {
  const { connection } = made;
  expect(await shown()).toContain(
    `\nConnection:\n  SSH:      ${connection.ssh}\n  Password: none, the key lets you in\n`,
  );
  const [program = "", target = "", ...options] = (connection.ssh ?? "").split(" ");
  expect([program, target, options.slice(0, 2)]).toEqual([
    "ssh",
    expect.stringMatching(/^[^@]+@localhost$/),
    ["-p", String(connection.port)],
  ]);
  // A person is shown the host key once; here the one that the cluster was made with is the only one accepted.
  const known = `UserKnownHostsFile=${workspace.path("sample", "keys", "known_hosts")}`;
  const strict = ["BatchMode=yes", "IdentitiesOnly=yes", "HostKeyAlias=sample", "StrictHostKeyChecking=yes", known];
  const ssh = (...rest: readonly string[]) =>
    run([program, "-F", "none", ...strict.flatMap((option) => ["-o", option]), ...rest], {
      cwd: workspace.cwd,
      env: { PATH: process.env["PATH"] ?? "" },
    });
  expect(await ssh(...options, target, "sinfo --noheader --format=%P")).toEqual({
    stdout: "cpu*\ngpu\n",
    stderr: "",
    exitCode: 0,
  });
  const keyless = await ssh("-i", "/dev/null", "-p", String(connection.port), target, "true");
  expect([keyless.exitCode, keyless.stderr]).toEqual([255, expect.stringContaining("Permission denied (publickey)")]);
});

test("item 35: the registry's line stands there only where there is one, and it answers", async () => {
  expect(await shown()).toMatch(/\n\nRegistry: localhost:\d+\n$/);
  expect(await shown()).toContain(`Registry: ${made.registry}\n`);
  const answer = await fetch(`http://${made.registry}/v2/`);
  expect([answer.status, await answer.json()]).toEqual([200, {}]);
  await workspace.done("cluster", "create", "--name", "plain");
  expect(await shown("plain")).not.toContain("Registry");
});

test("item 36: the states of nodes are Slurm's own, now", async () => {
  const state = async (): Promise<unknown> =>
    (await workspace.status("sample")).nodes.find(({ name }) => name === "compute-0")?.state;
  const job = async (cpus: number): Promise<string> =>
    (
      await workspace.onCluster("sample", "sbatch", "--parsable", `-c${cpus}`, "-o/dev/null", "--wrap=sleep 600")
    ).stdout.trim();
  expect(await state()).toBe("idle");
  const jobs = [await job(2)];
  await expect.poll(state, { timeout: 30_000 }).toBe("mixed");
  jobs.push(await job(2));
  await expect.poll(state, { timeout: 30_000 }).toBe("allocated");
  await scontrol("update", "nodename=compute-0", "state=drain", "reason=maintenance");
  expect(await state()).toBe("draining");
  expect(await shown()).toContain("\nReasons:\n  compute-0: maintenance\n");
  await workspace.onCluster("sample", "scancel", ...jobs);
  await expect.poll(state, { timeout: 30_000 }).toBe("drained");
  await scontrol("update", "nodename=compute-0", "state=resume");
  await expect.poll(state, { timeout: 30_000 }).toBe("idle");
  await scontrol("update", "nodename=compute-0", "state=down", "reason=broken");
  expect(await state()).toBe("down");
  await scontrol("update", "nodename=compute-0", "state=resume");
  await expect.poll(state, { timeout: 30_000 }).toBe("idle");
});

test("item 43: one CPU node and one GPU node, which no preset has, make the requirements' sample", () => {
  expect(made.nodes.map(({ name, cpus, gpus, partitions }) => [name, cpus, gpus, partitions])).toEqual([
    ["controller", 2, 0, []],
    ["compute-0", 4, 0, ["cpu"]],
    ["compute-1", 4, 2, ["gpu"]],
  ]);
});
