import { appendFile, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { identify, isRunning } from "../../src/launcher/drivers/native/processes.ts";
import { openRecords } from "../../src/launcher/records.ts";
import type { ClusterRecord } from "../../src/schema/cluster-record.ts";
import { ClusterSummary } from "../../src/schema/cluster-status.ts";
import { freePort, occupyPort, openWorkspace, type Workspace } from "../sluice.ts";

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

const { parse } = JSON;
const recordOf = (name: string): ClusterRecord | undefined => openRecords(workspace.home).get(name);
const list = async (): Promise<readonly ClusterSummary[]> =>
  z.array(ClusterSummary).parse(parse(await workspace.done("cluster", "list", "--json")));
const queue = async (name: string): Promise<string> =>
  (await workspace.onCluster(name, "squeue", "--noheader", "--format=%i %t %j")).stdout;
const submit = async (name: string, ...args: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await workspace.onCluster(name, "sbatch", "--parsable", "--output=/dev/null", ...args);
  expect(stderr).toBe("");
  return stdout.trim();
};

describe("from create to destroy", () => {
  test("item 18: create writes files and starts nothing; create --start returns when every node takes jobs", async () => {
    const port = String(await freePort());
    await workspace.done("cluster", "create", "--name", "cold", "--port", port);
    expect(recordOf("cold")?.daemons).toEqual([]);
    expect(await workspace.files()).toContain("w/.slurm-cluster/cold/config/slurm.conf");
    const warm = await workspace.start("warm", "--preset", "multi-node");
    expect(warm.nodes.map(({ state }) => state)).toEqual(["up", "idle", "idle"]);
    const { stdout } = await workspace.onCluster("warm", "srun", "--nodes=2", "printenv", "SLURMD_NODENAME");
    expect(
      stdout
        .trim()
        .split("\n")
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(["compute-0", "compute-1"]);
  });

  test("item 22: start, stop, status and destroy take --name, and mean slurm-test without it", async () => {
    const port = String(await freePort());
    await workspace.done("cluster", "create", "--port", port);
    await workspace.start("other");
    await workspace.done("cluster", "start");
    expect(await workspace.done("cluster", "status")).toMatch(/^Cluster: slurm-test\nStatus: {2}Running$/m);
    await workspace.done("cluster", "stop");
    expect(await workspace.done("cluster", "status")).toMatch(/^Cluster: slurm-test\nStatus: {2}Stopped$/m);
    expect((await workspace.status("other")).status).toBe("running");
    await workspace.done("cluster", "stop", "--name", "other");
    await workspace.done("cluster", "start", "--name", "other");
    expect((await workspace.status("other")).status).toBe("running");
    await workspace.done("cluster", "destroy");
    expect((await list()).map(({ name }) => name)).toContain("other");
    await workspace.done("cluster", "destroy", "--name", "other");
    expect((await list()).map(({ name }) => name)).not.toContain("other");
  });

  test("item 23: stop keeps the queue, and start brings back the same cluster", async () => {
    await workspace.start("kept");
    const before = await workspace.status("kept");
    const held = await submit("kept", "--hold", "--job-name=held", "--wrap=true");
    const waiting = await submit("kept", `--dependency=afterok:${held}`, "--job-name=waiting", "--wrap=true");
    await workspace.done("cluster", "stop", "--name", "kept");
    expect((await workspace.status("kept")).status).toBe("stopped");
    await workspace.done("cluster", "start", "--name", "kept");
    const { uptime: _, daemons: __, ...after } = await workspace.status("kept");
    expect(before).toMatchObject(after);
    expect(
      (await queue("kept"))
        .trim()
        .split("\n")
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual([`${held} PD held`, `${waiting} PD waiting`]);
    await workspace.onCluster("kept", "scontrol", "release", held);
    await expect.poll(() => queue("kept"), { timeout: 30_000 }).toBe("");
    expect(Number(await submit("kept", "--wrap=true"))).toBeGreaterThan(Number(waiting));
  });

  test("item 24: destroy leaves no process, no port and no file", async () => {
    const before = await workspace.files();
    await workspace.start("doomed", "--cpu-nodes", "1", "--gpu-nodes", "1");
    // A job whose child has left its session would outlive a careless end.
    await submit("doomed", "--job-name=deep", "--wrap=setsid sleep 600 & echo $! > child; sleep 600");
    const readChild = async (): Promise<number> =>
      Number(await readFile(join(workspace.cwd, "child"), "utf8").catch(() => "0"));
    await expect.poll(readChild, { timeout: 30_000 }).toBeGreaterThan(0);
    const child = identify(await readChild());
    expect(child).toBeDefined();
    const record = recordOf("doomed");
    expect(record?.daemons.filter(isRunning)).toHaveLength(5);
    await workspace.done("cluster", "destroy", "--name", "doomed");
    expect(record?.daemons.filter(isRunning)).toEqual([]);
    expect(child !== undefined && isRunning(child)).toBe(false);
    for (const port of record?.ports ?? []) await (await occupyPort(port))[Symbol.asyncDispose]();
    expect(await readFile("/proc/net/unix", "utf8")).not.toContain(workspace.path("doomed"));
    await rm(join(workspace.cwd, "child"));
    expect(await workspace.files()).toEqual(before);
    expect(await workspace.done("cluster", "destroy", "--name", "doomed")).toBe(
      'There is no cluster "doomed"; nothing to destroy.\n',
    );
  });
});

describe("several clusters", () => {
  beforeAll(async () => {
    await Promise.all([workspace.start("left"), workspace.start("right", "--preset", "gpu")]);
  });

  test("item 25: list shows all clusters, running or not, from any folder", async () => {
    await workspace.done("cluster", "create", "--name", "asleep", "--output-dir", "elsewhere");
    const shown = (await list()).filter(({ name }) => ["asleep", "left", "right"].includes(name));
    expect(shown.map(({ name, status, nodes, directory }) => [name, status, nodes, directory])).toEqual([
      ["asleep", "stopped", 1, join(workspace.cwd, "elsewhere/asleep")],
      ["left", "running", 1, workspace.path("left")],
      ["right", "running", 1, workspace.path("right")],
    ]);
    const text = await workspace.done("cluster", "list");
    expect(text).toMatch(/^NAME +STATUS +UPTIME +NODES +DRIVER +SSH +DIRECTORY\n/);
    expect(text).toMatch(/^asleep +stopped +- +1 +native +\d+ +\S+$/m);
    expect(text).toMatch(/^left +running +\d+\w* .*1 +native +\d+ +\S+$/m);
  });

  test("item 29: clusters run side by side on ports of their own and see nothing of each other's jobs", async () => {
    const ports = ["left", "right"].flatMap((name) => recordOf(name)?.ports ?? []);
    expect(ports).toHaveLength(6);
    expect(new Set(ports).size).toBe(6);
    await submit("left", "--hold", "--job-name=of-left", "--wrap=true");
    await submit("right", "--hold", "--job-name=of-right", "--wrap=true");
    expect(await queue("left")).toMatch(/^\d+ PD of-left\n$/);
    expect(await queue("right")).toMatch(/^\d+ PD of-right\n$/);
    await workspace.done("cluster", "stop", "--name", "right");
    expect((await workspace.status("left")).nodes.map(({ state }) => state)).toEqual(["idle"]);
  });

  test("item 30: each has its own folder with its own cluster.yaml, and is found without standing beside it", async () => {
    const files = await workspace.files();
    for (const name of ["left", "right"]) expect(files).toContain(`w/.slurm-cluster/${name}/cluster.yaml`);
    expect((await workspace.status("left")).directory).toBe(workspace.path("left"));
  });
});

describe("looking into a cluster", () => {
  beforeAll(() => workspace.start("seen", "--preset", "multi-node"));

  test("item 26: logs shows what every daemon wrote, or one node's alone", async () => {
    const all = await workspace.done("cluster", "logs", "--name", "seen");
    const sources = new Set(
      all
        .trim()
        .split("\n")
        .map((line) => line.split(" | ")[0]),
    );
    expect([...sources]).toEqual(expect.arrayContaining(["controller", "compute-0", "compute-1", "sshd"]));
    expect(all).toMatch(/^controller \| .*slurmctld version 2\d\.\d\d.* started on cluster seen/m);
    expect(all).toMatch(/^sshd \| Server listening on 127\.0\.0\.1 port \d+\.$/m);
    const one = await workspace.done("cluster", "logs", "compute-1", "--name", "seen");
    expect(one).toContain("slurmd started on ");
    expect(one.trim().split("\n")).toEqual(
      (await readFile(workspace.path("seen", "log/slurmd-compute-1.log"), "utf8")).trim().split("\n"),
    );
    const last = await workspace.done("cluster", "logs", "compute-1", "--tail", "1", "--json", "--name", "seen");
    expect(parse(last)).toEqual({ source: "compute-1", line: one.trim().split("\n").at(-1) });
    const { exitCode, stderr } = await workspace.sluice("cluster", "logs", "compute-9", "--name", "seen");
    expect([exitCode, stderr]).toEqual([
      4,
      expect.stringContaining('no node or service "compute-9"; it has controller, compute-0, compute-1, munged, sshd'),
    ]);
  });

  test("item 27: ssh reaches the head, a node, or runs a command and ends as it does", async () => {
    const ssh = (...args: readonly string[]) => workspace.sluice("cluster", "ssh", "--name", "seen", ...args);
    expect(await ssh("--", "sinfo", "--noheader", "--format=%P %D %t")).toEqual({
      stdout: "cpu* 2 idle\n",
      stderr: "",
      exitCode: 0,
    });
    expect((await ssh("--", "printenv", "SLURMD_NODENAME")).stdout).toBe("controller\n");
    expect((await ssh("compute-0", "--", "printenv", "SLURMD_NODENAME")).stdout).toBe("compute-0\n");
    expect(await ssh("compute-1", "--", "echo said; echo complained >&2; exit 7")).toEqual({
      stdout: "said\n",
      stderr: "complained\n",
      exitCode: 7,
    });
    expect((await ssh("--", "printf", "%s|", "a b", "$HOME", "'", '"', "*")).stdout).toBe(`a b|$HOME|'|"|*|`);
    const unknown = await ssh("compute-9", "--", "true");
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      4,
      expect.stringContaining('no node "compute-9"; its nodes: controller, compute-0, compute-1'),
    ]);
  });

  test("item 27: ssh --print gives the command line that reaches the node", async () => {
    const line = await workspace.done("cluster", "ssh", "--print", "--name", "seen", "compute-0");
    const { stdout } = await workspace.onCluster("seen", "sh", "-c", `${line.trim()} -- printenv SLURMD_NODENAME`);
    expect(stdout).toBe("compute-0\n");
  });
});

describe("files and their edits", () => {
  beforeEach(() => workspace.done("cluster", "destroy", "--name", "edited"));

  test("item 49: cluster.yaml is enough to make the same cluster again", async () => {
    const args = ["--cpu-nodes", "1", "--gpu-nodes", "1", "--gpus-per-node", "3", "--gpu-env", "nvidia"];
    const first = await workspace.start("edited", ...args);
    const kept = join(workspace.cwd, "kept.yaml");
    await rename(workspace.path("edited", "cluster.yaml"), kept);
    await writeFile(workspace.path("edited", "cluster.yaml"), await readFile(kept));
    await workspace.done("cluster", "destroy", "--name", "edited");
    const again = await workspace.start("edited", "--config", "kept.yaml");
    expect({ nodes: again.nodes, partitions: again.partitions }).toEqual({
      nodes: first.nodes,
      partitions: first.partitions,
    });
    const spec = async (path: string) => (await readFile(path, "utf8")).split("\ncluster:\n")[1];
    expect(await spec(workspace.path("edited", "cluster.yaml"))).toBe(await spec(kept));
  });

  test("item 51: edits survive start, and count", async () => {
    const { nodes } = await workspace.start("edited");
    const conf = workspace.path("edited", "config", "slurm.conf");
    await workspace.done("cluster", "stop", "--name", "edited");
    const text = (await readFile(conf, "utf8")).replace(/\bCPUs=4\b/, "CPUs=6");
    await writeFile(conf, `${text}# mine\n`);
    await appendFile(workspace.path("edited", ".env"), "MINE=1\n");
    await workspace.done("cluster", "start", "--name", "edited");
    expect(nodes.map(({ cpus }) => cpus)).toEqual([4]);
    expect((await workspace.status("edited")).nodes.map(({ cpus, state }) => [cpus, state])).toEqual([[6, "idle"]]);
    expect(await readFile(conf, "utf8")).toBe(`${text}# mine\n`);
    expect(await readFile(workspace.path("edited", ".env"), "utf8")).toMatch(/MINE=1\n$/);
  });

  test("item 51: an edit that Slurm refuses is told with its file and line, and nothing is left running", async () => {
    await workspace.start("edited");
    await workspace.done("cluster", "stop", "--name", "edited");
    const conf = workspace.path("edited", "config", "slurm.conf");
    const lines = (await readFile(conf, "utf8")).trimEnd().split("\n").length;
    await appendFile(conf, "NoSuchSetting=1\n");
    const { exitCode, stderr } = await workspace.sluice("cluster", "start", "--name", "edited");
    expect(exitCode).toBe(78);
    expect(stderr).toContain(`error: ${conf}:${lines + 1}: Slurm refuses it: `);
    expect(stderr).toContain("NoSuchSetting");
    const { status, daemons } = await workspace.status("edited");
    expect([status, daemons]).toEqual(["stopped", []]);
  });
});
