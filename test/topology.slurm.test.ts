import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { TestCluster } from "../src/testing/test-cluster.ts";
import { layoutTree } from "../src/topology/graph/layout-tree.ts";
import { loadTopologies } from "../src/topology/load-topology.ts";
import { readTopologyConf } from "../src/topology/read/read-topology-conf.ts";
import { graphOfWritten } from "../src/topology/read/written-graph.ts";
import type { TopologyGraph } from "../src/topology/graph/topology-graph.ts";
import { checkTopology } from "../src/topology/check/check-topology.ts";
import { makeFolder, writePlan } from "./planned-cluster.ts";
import { presetPlan } from "./preset-plans.ts";
import { openWorkspace, type Workspace } from "./sluice.ts";

/** Neighbours by number are under different switches: whoever counts nodes alone places two of them across. */
const model = `switches:
  core: {switches: [spine]}
  spine: {switches: [odd, even]}
blocks:
  - {switch: odd, nodes: [n1, n3, n5], annotations: {accelerator.topology.test/domain: left}}
  - {switch: even, nodes: [n2, n4, n6]}
`;

const patience = { timeout: 60_000, interval: 100 } as const;

describe("a test cluster that was made with a network", () => {
  let space: Workspace;
  const slurm = async (program: string, ...args: readonly string[]): Promise<string> => {
    const { stdout, stderr, exitCode } = await space.onCluster("net", program, ...args);
    if (exitCode !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${exitCode}: ${stderr}`);
    return stdout;
  };
  const shown = async (): Promise<readonly string[]> => waysOf(graphIn(await slurm("scontrol", "show", "topology")));

  beforeAll(async () => {
    space = await openWorkspace();
    await writeFile(join(space.cwd, "model.yaml"), model);
    await space.start("net", "--topology", "model.yaml", "--preset", "full");
  });
  afterAll(async () => {
    await space[Symbol.asyncDispose]();
  });

  test("scontrol shows the switches and nodes of the model", async () => {
    const [asked] = await loadTopologies("model.yaml", space.cwd, new AbortController().signal);
    expect(await shown()).toEqual(waysOf(asked?.graph ?? {}));
    const { nodes } = await space.status("net");
    const gpus = nodes.filter((node) => node.gpus > 0).map(({ name }) => name);
    expect(gpus).toEqual(["n1", "n3", "n5"]);
    expect(await space.done("topology", "show", "--cluster", "net")).toContain("├─ even");
    expect(
      await space.done("topology", "check", space.path("net", "config", "topology.conf"), "--cluster", "net"),
    ).toMatch(/Slurm takes it .* its nodes are the 6 of the cluster/);
  });

  test("its cluster.yaml makes the same one again", async () => {
    const config = space.path("net", "cluster.yaml");
    const planned = await space.done("cluster", "create", "--config", config, "--name", "again", "--dry-run", "--json");
    const { files }: { files: readonly { path: string; text: string }[] } = JSON.parse(planned);
    const again = files.find(({ path }) => path === "config/topology.conf")?.text ?? "";
    expect(waysOf(graphIn(again))).toEqual(await shown());
  });

  // The partition is given all nodes, so that the switches alone keep a job together.
  test.each([[[]], [["n1"]], [["n1", "n2"]], [["n1", "n2", "n3"]]])(
    "a job that asks for one switch gets two nodes of one, while %j are taken",
    async (taken) => {
      await slurm("scontrol", "update", "PartitionName=cpu", "Nodes=n[1-6]");
      const others = await Promise.all(
        taken.map((node) =>
          slurm("sbatch", "--parsable", "--exclusive", "--partition=cpu", `--nodelist=${node}`, "--wrap=sleep 600"),
        ),
      );
      await expect
        .poll(
          async () => (await slurm("squeue", "--noheader", "--states=R", "--format=%N")).split("\n").length - 1,
          patience,
        )
        .toBe(taken.length);
      const where = "scontrol show hostnames";
      const nodes = (
        await slurm(
          "salloc",
          "--quiet",
          "--partition=cpu",
          "--nodes=2",
          "--exclusive",
          "--switches=1",
          ...where.split(" "),
        )
      )
        .trim()
        .split("\n");
      expect(nodes.length).toBe(2);
      expect(nodes.filter((node) => taken.includes(node))).toEqual([]);
      expect(new Set(nodes.map((node) => Number(node.slice(1)) % 2)).size).toBe(1);
      if (others.length > 0) await slurm("scancel", ...others.map((id) => id.trim()));
      await expect.poll(async () => slurm("squeue", "--noheader"), patience).toBe("");
    },
  );

  test("a reconfigure takes up a changed topology.conf", async () => {
    const path = space.path("net", "config", "topology.conf");
    const old = await readFile(path, "utf8");
    await writeFile(`${path}.old`, old);
    const lines = "SwitchName=low Nodes=n[1-3]\nSwitchName=high Nodes=n[4-6]\nSwitchName=core Switches=low,high\n";
    await writeFile(path, lines);
    expect(await space.done("topology", "diff", `${path}.old`, path)).toMatch(/^Slurm needs a reconfigure: /m);
    await slurm("scontrol", "reconfigure");
    await expect.poll(shown, patience).toEqual(waysOf(graphIn(lines)));
  });

  test("no job gets a node that topology.conf leaves out, and the check says so", async () => {
    const path = space.path("net", "config", "topology.conf");
    const lines = "SwitchName=all Nodes=n[1-5]\n";
    await writeFile(path, lines);
    const checked = await space.inProcess("topology", "check", path, "--cluster", "net");
    expect(checked.exitCode).toBe(78);
    expect(checked.stdout).toContain("error: node n6 of the cluster is not in it; no job gets such a node");
    await slurm("scontrol", "reconfigure");
    await expect.poll(shown, patience).toEqual(waysOf(graphIn(lines)));
    const asked = await space.onCluster("net", "salloc", "--partition=cpu", "--nodelist=n6", "true");
    expect(asked.stderr).toContain("Requested node configuration is not available");
  });
});

test("TestCluster takes a network by its name", async () => {
  const home = await makeFolder();
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await using cluster = new TestCluster({ home, topology: "crusoe-two-pods.yaml" });
  await cluster.create();
  const written = await readFile(join(dirname(cluster.getConfig().slurmConf), "topology.conf"), "utf8");
  expect(waysOf(graphIn(written))).toContain("node-5 < pod-def456 < partition-1");
});

describe("what `topology check` says of a file is what slurmctld does with it", () => {
  test.each([
    ["SwitchName=a Nodes=cpu-0\nSwitchName=a Nodes=cpu-1", /Switch \(a\) has already been defined/],
    ["SwitchName=a Nodes=cpu-0 Switches=b\nSwitchName=b Nodes=cpu-1", /switch a has both child switches and nodes/],
    ["SwitchName=a Nodes=cpu-[0-1]\nSwitchName=b", /switch b has neither child switches nor nodes/],
    ["SwitchName=a Switches=b,c\nSwitchName=b Nodes=cpu-[0-1]", /Switch configuration a has invalid child \(c\)/],
    ["SwitchName=a Switches=a\nSwitchName=b Nodes=cpu-[0-1]", /Switch configuration a has invalid child \(a\)/],
    [
      "SwitchName=a Switches=b\nSwitchName=b Switches=a\nSwitchName=c Nodes=cpu-[0-1]",
      /Switch configuration is not a tree/,
    ],
    ["SwitchName=a Nodes=cpu-[0-1] Speed=1", /something wrong with opening\/reading/],
  ])("%j ends it", async (text, words) => {
    const dir = await makeFolder();
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const plan = presetPlan("multi-node", "22.05", { dir, firstPort: 20_960, user: "root" });
    const switches = [{ name: "top", nodes: plan.nodes.map(({ name }) => name) }];
    const slurmConf = await writePlan({ ...plan, auth: { type: "none" }, cgroup: "v1", switches }, dir);
    await writeFile(join(dir, "config", "topology.conf"), text);
    expect(await slurmctld(slurmConf)).toMatch(words);
    expect(checkTopology(readTopologyConf(text)).map(({ problem }) => problem)).toContainEqual(
      expect.stringMatching(/does(?: not start|n't)|knows no/),
    );
  });
});

/** What slurmctld says before it gives up, which it does at once. */
async function slurmctld(slurmConf: string): Promise<string> {
  const env = { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`, SLURM_CONF: slurmConf };
  return new Promise((resolve) => {
    execFile("slurmctld", ["-D", "-c"], { env, timeout: 60_000 }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

function graphIn(text: string): TopologyGraph {
  const { topologies, problems } = readTopologyConf(text);
  const [topology] = topologies;
  if (topology === undefined || problems.length > 0) throw new Error(`unread: ${JSON.stringify(problems)}\n${text}`);
  return graphOfWritten(topology);
}

/** Each node with the switches above it, the closest first. */
function waysOf(graph: TopologyGraph): readonly string[] {
  return layoutTree(graph)
    .nodes.map(({ name, parent }) => {
      const way = [name];
      for (let at = parent; at !== undefined; at = at.parent) way.push(at.id);
      return way.join(" < ");
    })
    .toSorted();
}
