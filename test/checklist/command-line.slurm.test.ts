import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ClusterPorts } from "../../src/schema/cluster-file.ts";
import { ClusterSpec } from "../../src/schema/cluster-spec.ts";
import { occupyPort, openWorkspace, type Workspace } from "../sluice.ts";

const Design = z.object({
  ports: ClusterPorts,
  cluster: ClusterSpec,
  files: z.array(z.object({ path: z.string(), text: z.string() })),
  notes: z.array(z.string()),
});
type Design = z.infer<typeof Design>;

let workspace: Workspace;
/** What `create` makes where nothing is said. */
let plain: Design;
beforeAll(async () => {
  workspace = await openWorkspace();
  plain = await design();
});
afterAll(() => workspace[Symbol.asyncDispose]());

async function design(...args: readonly string[]): Promise<Design> {
  return Design.parse(JSON.parse(await workspace.done("cluster", "create", "--dry-run", "--json", ...args)));
}

const textOf = ({ files }: Design, path: string): string => files.find((file) => file.path === path)?.text ?? "";
const cpuNodes = ({ cluster }: Design) =>
  cluster.nodes.filter((node) => node.gpus === undefined && node.role !== "controller");
const gpuNodes = ({ cluster }: Design) => cluster.nodes.filter((node) => node.gpus !== undefined);

test("item 1: one executable, called slurm too, has the group cluster, init and run", async () => {
  const { bin } = z
    .object({ bin: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(join(import.meta.dirname, "../../package.json"), "utf8")));
  expect(bin["slurm"]).toBe(bin["sluice"]);
  const help = await workspace.done("--help");
  for (const name of ["cluster", "init", "run"]) expect(help).toMatch(new RegExp(`^ {2}${name}\\b`, "m"));
});

test("item 2: cluster has create, start, stop, destroy, status, list, logs and ssh", async () => {
  const commands = [...(await workspace.done("cluster", "--help")).matchAll(/^ {2}([a-z]+) /gm)].map(
    ([, name]) => name,
  );
  expect(commands).toEqual(
    expect.arrayContaining(["create", "start", "stop", "destroy", "status", "list", "logs", "ssh"]),
  );
});

test("item 3: create without arguments makes a cluster of one CPU node called slurm-test", () => {
  expect(plain.cluster.name).toBe("slurm-test");
  expect(plain.cluster.nodes.map(({ role, gpus }) => [role, gpus])).toEqual([["all-in-one", undefined]]);
});

test("item 4: the name is slurm-test where none is given, and the cluster is called so everywhere", async () => {
  expect(textOf(plain, "config/slurm.conf")).toMatch(/^ClusterName=slurm-test$/m);
  const named = await design("--name", "my-cluster");
  expect(named.cluster.name).toBe("my-cluster");
  expect(textOf(named, "config/slurm.conf")).toMatch(/^ClusterName=my-cluster$/m);
  expect(textOf(named, ".env")).toContain(workspace.path("my-cluster", "config", "slurm.conf"));
});

test("item 5: the preset is cpu where none is given, and any other than the four is refused by naming them", async () => {
  expect((await design("--preset", "cpu")).cluster).toEqual(plain.cluster);
  for (const preset of ["gpu", "multi-node", "full"]) {
    expect((await design("--preset", preset)).cluster).not.toEqual(plain.cluster);
  }
  const { exitCode, stderr } = await workspace.sluice("cluster", "create", "--preset", "huge");
  expect(exitCode).toBe(2);
  expect(stderr).toContain('unknown preset "huge"; choose one of cpu, gpu, multi-node, full');
});

test("item 6: one CPU node where no other count is given", async () => {
  expect(cpuNodes(plain)).toHaveLength(1);
  expect(cpuNodes(await design("--cpu-nodes", "3"))).toHaveLength(3);
});

test("item 7: no GPU node where no other count is given", async () => {
  expect(gpuNodes(plain)).toHaveLength(0);
  expect(gpuNodes(await design("--gpu-nodes", "2"))).toHaveLength(2);
});

test("item 8: 4 CPUs per node where no other count is given", async () => {
  expect(cpuNodes(plain).map(({ cpus }) => cpus)).toEqual([4]);
  expect(cpuNodes(await design("--cpus-per-node", "6")).map(({ cpus }) => cpus)).toEqual([6]);
});

test("item 9: 2 GPUs per GPU node where no other count is given", async () => {
  expect(gpuNodes(await design("--gpu-nodes", "1")).map(({ gpus }) => gpus)).toEqual([2]);
  expect(gpuNodes(await design("--gpu-nodes", "1", "--gpus-per-node", "5")).map(({ gpus }) => gpus)).toEqual([5]);
});

test("item 10: 4096 MB per node where no other size is given, in Slurm's own unit", async () => {
  expect(textOf(plain, "config/slurm.conf")).toContain("RealMemory=4096");
  expect(textOf(await design("--memory-per-node", "2048"), "config/slurm.conf")).toContain("RealMemory=2048");
});

test("item 11: no registry unless it is asked for", async () => {
  expect(plain.cluster.services).toBeUndefined();
  expect(plain.ports.registry).toBeUndefined();
  expect((await design("--with-registry")).cluster.services).toEqual({ registry: true });
});

test("item 12: no Pyxis unless it is asked for, and then the reason why a native cluster has none", async () => {
  expect(plain.cluster.services).toBeUndefined();
  const { exitCode, stderr } = await workspace.sluice("cluster", "create", "--with-pyxis");
  expect(exitCode).toBe(69);
  expect(stderr).toContain("--with-pyxis: Pyxis runs jobs in containers and comes with the compose driver");
});

test("item 13: ssh is on port 2222, or where that is taken on a free one, and says so", async () => {
  const choice = async (): Promise<unknown> => {
    const { ports, notes } = await design();
    return { port: ports.ssh, notes };
  };
  const elsewhere = {
    port: expect.any(Number),
    notes: [expect.stringMatching(/^port 2222 is taken, so ssh listens on \d+$/)],
  };
  {
    // Where that fails, another cluster of this host has it.
    await using _busy = await occupyPort(2222).catch(() => undefined);
    expect(await choice()).toEqual(elsewhere);
  }
  for (;;) {
    const before = await isFree(2222);
    const made = await choice();
    if ((await isFree(2222)) !== before) continue;
    expect(made).toEqual(before ? { port: 2222, notes: [] } : elsewhere);
    break;
  }
  expect((await design("--port", "24999")).ports.ssh).toBe(24_999);
});

async function isFree(port: number): Promise<boolean> {
  const busy = await occupyPort(port).catch(() => undefined);
  await busy?.[Symbol.asyncDispose]();
  return busy !== undefined;
}

test("item 14: create starts nothing unless it is asked to", async () => {
  await workspace.done("cluster", "create", "--name", "unstarted");
  const status = await workspace.status("unstarted");
  expect([status.status, status.daemons]).toEqual(["stopped", []]);
});

test("item 15: files go below .slurm-cluster/ here unless another folder is named", async () => {
  await workspace.done("cluster", "create", "--name", "here");
  await workspace.done("cluster", "create", "--name", "there", "--output-dir", "some/where else");
  const files = await workspace.files();
  expect(files).toContain("w/.slurm-cluster/here/cluster.yaml");
  expect(files).toContain("w/some/where else/there/cluster.yaml");
  expect((await workspace.status("there")).directory).toBe(join(workspace.cwd, "some/where else/there"));
});

test("item 16: --nodes is another word for --cpu-nodes, and the two must not disagree", async () => {
  expect((await design("--nodes", "3")).cluster).toEqual((await design("--cpu-nodes", "3")).cluster);
  expect((await design("--nodes", "3", "--cpu-nodes", "3")).cluster.nodes).toHaveLength(4);
  const { exitCode, stderr } = await workspace.sluice("cluster", "create", "--nodes", "3", "--cpu-nodes", "2");
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringContaining("--nodes 3 and --cpu-nodes 2 are two words for one thing"),
  ]);
});

test("item 17: a preset's own sizes count where no option says otherwise", async () => {
  const sizes = (made: Design) =>
    made.cluster.nodes
      .filter(({ role }) => role !== "controller")
      .map(({ cpus, memory, gpus }) => [cpus, memory, gpus]);
  expect(sizes(await design("--preset", "gpu"))).toEqual([[4, 8192, 2]]);
  expect(sizes(await design("--preset", "full"))).toEqual([
    [8, 8192, undefined],
    [8, 8192, undefined],
    [8, 16_384, 4],
  ]);
  expect(sizes(await design("--preset", "gpu", "--cpus-per-node", "2", "--gpus-per-node", "3"))).toEqual([
    [2, 8192, 3],
  ]);
});

test("item 20: a registry can be added to a preset that has none", async () => {
  const made = await design("--preset", "gpu", "--with-registry");
  expect(gpuNodes(made)).toHaveLength(1);
  expect(made.cluster.services).toEqual({ registry: true });
  expect(made.ports.registry).toEqual(expect.any(Number));
  expect(textOf(made, "config/registry.yml")).toContain(`addr: 127.0.0.1:${made.ports.registry}`);
});

test("item 21: --ci needs no terminal and no answers, and writes no colour", async () => {
  const { exitCode, stdout, stderr } = await workspace.sluice("cluster", "create", "--ci", "--name", "ci");
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`Cluster "ci" is made in ${workspace.path("ci")}.\n  sluice cluster start --name ci\n`);
  expect(stdout + stderr).not.toContain("\u001B");
});
