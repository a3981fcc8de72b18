import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordingHost } from "../../../test/recording-host.ts";
import { graphOf } from "../../../test/topology-graphs.ts";
import { createLocalRunner } from "../../remote/local-runner.ts";
import type { ComputeInstances, TopologyGraph } from "../graph/topology-graph.ts";
import { toParamMap } from "../params/to-param-map.ts";
import type { Provider } from "../provider.ts";
import { TopologyError } from "../topology-error.ts";
import { slurmEngine } from "./slurm.ts";

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "slurm-engine-"));
});

afterAll(() => rm(dir, { recursive: true, force: true }));

/** A folder with a `scontrol` that is this script; its arguments are noted in `asked` beside it. */
async function scontrolThat(name: string, script: string): Promise<string> {
  const folder = join(dir, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "scontrol"), `#!/bin/sh\necho "$@" >> "${folder}/asked"\n${script}\n`);
  await chmod(join(folder, "scontrol"), 0o755);
  return folder;
}

async function open(params: object, programs = dir) {
  const signal = new AbortController().signal;
  const host = recordingHost({ runner: createLocalRunner({ env: { PATH: `${programs}:/usr/bin:/bin` } }) });
  const engine = await slurmEngine.open(toParamMap(params), host, signal);
  return {
    log: host.recorded.log,
    output: (graph: TopologyGraph) => engine.output(graph, signal),
    resolve: (given: readonly ComputeInstances[], provider: Provider) => engine.resolve(given, provider, signal),
  };
}

const tree = graphOf({ core: { leaf1: "n[1-2]", leaf2: "n3" } }, { d1: "n[1-2]", d2: "n3" });
const treeText = "SwitchName=core Switches=leaf[1-2]\nSwitchName=leaf1 Nodes=n[1-2]\nSwitchName=leaf2 Nodes=n3\n";

describe("the output", () => {
  test("is a tree unless another plugin is asked for", async () => {
    expect(await (await open({})).output(tree)).toBe(treeText);
    expect(await (await open({ plugin: "", reconfigure: true })).output(tree)).toBe(treeText);
    expect(await (await open({ plugin: "topology/block" })).output(tree)).toContain("BlockSizes=1,2\n");
  });

  test.each([
    ["topology/tree", { plugin: "topology/tree" }],
    ["topology/block", { plugin: "topology/block", blockSizes: [2] }],
    ["", { topologies: { t: { plugin: "topology/tree", nodes: ["n1"] } } }],
  ])("is a file with a header that names plugin %j", async (plugin, params) => {
    const path = join(dir, `${plugin.replace("/", "-")}.conf`);
    expect(await (await open({ ...params, topologyConfigPath: path })).output(tree)).toBe("OK\n");
    const text = await (await open(params)).output(tree);
    const rule = "###############################################################";
    expect(await readFile(path, "utf8")).toBe(
      `\n${rule}\n# Slurm's network topology configuration file for use with the\n# ${plugin} plugin\n${rule}\n${text}`,
    );
    expect((await stat(path)).mode & 0o777).toBe(0o644);
  });

  test("is refused where the file's folder is missing", async () => {
    const path = join(dir, "missing", "topology.conf");
    await expect((await open({ topologyConfigPath: path })).output(tree)).rejects.toEqual(
      new TopologyError(500, `failed to create "${path}": open ${path}: no such file or directory`),
    );
  });

  test("has Slurm read the file where that is asked for, and not without a file", async () => {
    const programs = await scontrolThat("reconfigured", "");
    const path = join(dir, "reconfigured.conf");
    expect(await (await open({ reconfigure: true, topologyConfigPath: "" }, programs)).output(tree)).toBe(treeText);
    expect(await (await open({ reconfigure: true, topologyConfigPath: path }, programs)).output(tree)).toBe("OK\n");
    expect(await readFile(join(programs, "asked"), "utf8")).toBe("reconfigure\n");
  });

  test("of a tree that Slurm would end on is not given to it", async () => {
    const programs = await scontrolThat("mixed", "");
    const mixed = graphOf({ core: { "": "n9", leaf1: "n[1-2]" } });
    const why = 'switch "core" has both switches and nodes, which Slurm\'s topology/tree does not read';
    const path = join(dir, "mixed.conf");
    const careless = await open({ topologyConfigPath: path, reconfigure: true }, programs);
    await expect(careless.output(mixed)).rejects.toEqual(new TopologyError(400, `${why}; nothing was written`));
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });

    const written = await open({ topologyConfigPath: path }, programs);
    expect(await written.output(mixed)).toBe("OK\n");
    expect(written.log).toEqual([`warning: ${why}`]);
    expect(await readFile(path, "utf8")).toContain(
      "SwitchName=core Switches=leaf1\nSwitchName=core Nodes=n9\nSwitchName=leaf1 Nodes=n[1-2]\n",
    );
  });

  test("of blocks that only newer releases of Slurm read is written with a warning", async () => {
    const path = join(dir, "blocks.conf");
    const { output, log } = await open({ topologyConfigPath: path, plugin: "topology/block", blockSizes: [2] });
    expect(await output(graphOf({ leaf: "n[1-3]" }, { d: "n[1-3]" }))).toBe("OK\n");
    expect(log).toEqual([
      'warning: block "block002" has 1 of the 2 nodes that BlockSizes begins with; Slurm before 25.05 does not start with it',
    ]);
  });

  test.each([
    [{ plugin: "x" }, 'unsupported topology plugin "x"'],
    [{ plugin: "topology/flat" }, 'unsupported topology plugin "topology/flat"'],
    [{ blockSizes: [4, 6] }, "blockSizes[1]=6 must be a multiple of blockSizes[0]=4"],
    [{ blockName: { nodeNameRegexp: "n", format: "n" } }, 'blockName is only supported with plugin "topology/block"'],
    [
      { plugin: "topology/tree", topologies: { t: { plugin: "topology/tree", nodes: ["n1"] } } },
      "plugin and topologies parameters are mutually exclusive",
    ],
    [{ topologies: { t: { plugin: "topology/tree", nodes: [] } } }, 'topology "t" specifies no nodes'],
    [
      { blockSizes: "x" },
      "could not decode configuration: 1 error(s) decoding:\n\n* 'blockSizes': source data must be an array or slice, got string",
    ],
    [
      { reconfigure: "bad" },
      "could not decode configuration: 1 error(s) decoding:\n\n* error decoding 'reconfigure': invalid bool \"bad\"",
    ],
    [
      { topologies: "x" },
      "could not decode configuration: 1 error(s) decoding:\n\n* 'topologies' expected a map, got 'string'",
    ],
  ])("is refused for %j", async (params, text) => {
    await expect((await open(params)).output(tree)).rejects.toEqual(new TopologyError(400, text));
  });

  test("takes the nodes of a topology from scontrol", async () => {
    const programs = await scontrolThat("partition", 'printf "PartitionName=p\\n   Nodes=n[1,3]\\n   State=UP\\n"');
    const { output } = await open({ topologies: { t: { plugin: "topology/tree", partition: "p" } } }, programs);
    expect(await output(tree)).toContain("children: leaf[1-2]\n");
    expect(await readFile(join(programs, "asked"), "utf8")).toBe("show partition p\n");
  });

  test("tells scontrol's words where it fails", async () => {
    const programs = await scontrolThat("failing", 'printf "first line\\nsecond\\n" >&2; exit 1');
    const params = { topologies: { t: { plugin: "topology/tree", partition: "p" } } };
    await expect((await open(params, programs)).output(tree)).rejects.toEqual(
      new TopologyError(500, "scontrol failed: first line second  : exit status 1"),
    );
  });
});

test("only an output without a file is the answer alone", () => {
  const answersOnly = (params: object) => slurmEngine.answersOnly?.(toParamMap(params));
  expect(answersOnly({})).toBe(true);
  expect(answersOnly({ reconfigure: true })).toBe(true);
  expect(answersOnly({ topologyConfigPath: "" })).toBe(true);
  expect(answersOnly({ TOPOLOGYCONFIGPATH: "/etc/slurm/topology.conf" })).toBe(false);
  expect(answersOnly({ blockSizes: "x", topologyConfigPath: "/etc/slurm/topology.conf" })).toBe(true);
});

describe("instances", () => {
  const noGraph = () => Promise.reject(new Error("no graph is asked for"));
  const given = [{ region: "local", instances: new Map([["i1", "n1"]]) }];
  const mapped: Provider = {
    graph: noGraph,
    instanceMapper: {
      nodesByInstance: (nodes) => Promise.resolve(new Map(nodes.map((node) => [`i-${node}`, node]))),
      regionsByNode: () =>
        Promise.resolve(
          new Map([
            ["n1", "east"],
            ["n2", "west"],
            ["n3", "east"],
          ]),
        ),
    },
  };

  test("that are given stay", async () => {
    expect(await (await open({})).resolve(given, { graph: noGraph })).toEqual(given);
  });

  test("are found through scontrol and the provider, by region", async () => {
    const programs = await scontrolThat(
      "nodes",
      'printf "NodeName=n1 Arch=x86_64 NodeHostName=h NodeName=no\\nNodeName=n2\\n NodeName=no\\nNodeName=n3 x\\nNodeName=n4 x\\n"',
    );
    const { resolve, log } = await open({}, programs);
    expect(await resolve([], mapped)).toEqual([
      {
        region: "east",
        instances: new Map([
          ["i-n1", "n1"],
          ["i-n3", "n3"],
        ]),
      },
      { region: "west", instances: new Map([["i-n2", "n2"]]) },
    ]);
    expect(await readFile(join(programs, "asked"), "utf8")).toBe("show nodes -o\n");
    expect(log).toEqual(["warning: no region is known of node n4"]);
  });

  test("are none where Slurm has no nodes", async () => {
    const programs = await scontrolThat("empty", 'echo "No nodes in the system"');
    expect(await (await open({}, programs)).resolve([], mapped)).toEqual([]);
  });

  test("cannot be found where the provider knows no names of nodes", async () => {
    await expect((await open({})).resolve([], { graph: noGraph })).rejects.toEqual(
      new TopologyError(400, "environment must implement instanceMapper"),
    );
  });

  test("cannot be found without scontrol", async () => {
    const runner = createLocalRunner({ env: { PATH: join(dir, "nothing") } });
    const signal = new AbortController().signal;
    const engine = await slurmEngine.open(new Map(), recordingHost({ runner }), signal);
    await expect(engine.resolve([], mapped, signal)).rejects.toEqual(
      new TopologyError(500, 'scontrol failed:  : exec: "scontrol": executable file not found in $PATH'),
    );
  });
});
