import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ibnetdiscoverText } from "../../../test/infiniband-text.ts";
import { recordingHost } from "../../../test/recording-host.ts";
import { layoutTree } from "../graph/layout-tree.ts";
import type { ComputeInstances } from "../graph/topology-graph.ts";
import { readSwitchSelector } from "../infiniband/switch-selector.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { renderTree } from "../render/tree.ts";
import { TopologyError } from "../topology-error.ts";
import { activePortsScript, discoverFabrics, parseActivePorts, type FabricProbe } from "./fabric-discovery.ts";

const { signal } = new AbortController();
const nodes = ["A", "B", "C", "D", "E", "F"];
const request: readonly ComputeInstances[] = [
  { region: "local", instances: new Map(nodes.map((name) => [name, name])) },
];

const compute = ibnetdiscoverText({
  "compute-leaf-1": { up: ["spine"], hosts: ["A", "B", "C"] },
  "compute-leaf-2": { up: ["spine"], hosts: ["D", "E", "F"] },
  spine: {},
});
const storage = ibnetdiscoverText({ "storage-leaf": { hosts: nodes, adapter: 1 } });

describe("InfiniBand fabrics", () => {
  test("are discovered from one node each", async () => {
    const left = ibnetdiscoverText({ left: { hosts: ["A", "B", "C", "elsewhere"] } });
    const right = ibnetdiscoverText({ right: { hosts: ["D", "E", "F"] } });
    const asked: string[] = [];
    const tree = await treeOf({ discover: async (node) => (asked.push(node), "ABC".includes(node) ? left : right) });
    expect(tree).toBe("SwitchName=S-left Nodes=A,B,C\nSwitchName=S-right Nodes=D,E,F\n");
    expect(asked).toEqual(["A", "D"]);
  });

  test("are found through the next node where one does not answer, or answers with something else", async () => {
    const told: string[] = [];
    const tree = await treeOf(
      {
        discover: async (node) => {
          if (node === "A") throw new Error("no route");
          return node === "B" ? "ibwarn: cannot open port" : compute;
        },
      },
      { told },
    );
    expect(tree).toContain("SwitchName=S-compute-leaf-1 Nodes=A,B,C\n");
    expect(told).toEqual([
      "warning: failed to run ibnetdiscover: no route",
      'warning: Missing ibnetdiscover output for node "B"',
    ]);
  });

  test("that no node tells of are no empty topology", async () => {
    const deaf = { discover: async () => Promise.reject(new Error("pdsh failed: no route : exit status 1")) };
    await expect(treeOf(deaf)).rejects.toMatchObject({
      status: 502,
      message:
        "no InfiniBand fabric was found from any of 6 nodes: failed to run ibnetdiscover: pdsh failed: no route : exit status 1",
    });
    expect(await treeOf(deaf, { instances: [] })).toBe("");
  });

  test("in which some of the nodes are not found say which", async () => {
    const told: string[] = [];
    const fabric = ibnetdiscoverText({ leaf: { hosts: ["elsewhere", "B"] } });
    expect(await treeOf({ discover: async () => fabric }, { told })).toBe("SwitchName=S-leaf Nodes=B\n");
    expect(told).toEqual(["warning: 5 of 6 nodes stand in no InfiniBand fabric: A, C, D, E, F"]);
    expect(await treeOf({ discover: async () => ibnetdiscoverText({ leaf: { hosts: ["elsewhere"] } }) })).toBe("");
  });

  test("are not asked for again where the request itself is wrong", async () => {
    let count = 0;
    const refusing = {
      discover: async () => {
        count++;
        throw new TopologyError(400, "odd name");
      },
    };
    await expect(treeOf(refusing)).rejects.toMatchObject({ status: 400, message: "odd name" });
    expect(count).toBe(1);
  });

  test("are not waited for longer than wanted", async () => {
    const controller = new AbortController();
    const reason = new Error("no longer wanted");
    const probe = {
      discover: async () => {
        controller.abort(reason);
        throw new Error("killed");
      },
    };
    await expect(discoverFabrics(probeOf(probe), request, undefined, recordingHost(), controller.signal)).rejects.toBe(
      reason,
    );
  });
});

describe("fabrics of which switches are selected", () => {
  const bothPorts: Partial<FabricProbe> = {
    activePorts: async () => "mlx5_1 1\nmlx5_0 1\n",
    discover: async (_node, port) => (port?.adapter === "mlx5_0" ? storage : compute),
  };

  test.each([
    [{ include: ["^compute-leaf"] }, ["A,B,C", "D,E,F"]],
    [{ include: ["^compute-leaf"], exclude: ["-2$"] }, ["A,B,C"]],
    [{ exclude: ["^storage"] }, ["A,B,C", "D,E,F"]],
  ])("by %j are discovered through every port", async (switchSelector, groups) => {
    const tree = await treeOf(bothPorts, { switchSelector });
    expect([...tree.matchAll(/Nodes=(.*)/g)].map(([, found]) => found)).toEqual(groups);
    expect(tree).toContain("SwitchName=S-spine Switches=");
  });

  test("are told once by two ports of one fabric", async () => {
    const other = compute.replaceAll("S-", "S-other-");
    const tree = await treeOf(
      { ...bothPorts, discover: async (_node, port) => (port?.adapter === "mlx5_0" ? compute : other) },
      { switchSelector: { include: ["^compute"] } },
    );
    expect(tree).not.toContain("other");
  });

  test.each([
    [
      "no port tells of them",
      compute,
      storage,
      { include: ["^missing"] },
      "switchSelector matched no usable InfiniBand topology",
    ],
    [
      "ports contradict each other",
      compute,
      storage,
      { exclude: ["^nothing"] },
      'selected IB ports give conflicting leaf groups for node "',
    ],
    [
      "ports tell of different nodes",
      ibnetdiscoverText({ "leaf-1": { hosts: ["A", "B"] } }),
      ibnetdiscoverText({ "leaf-1": { hosts: ["A", "B"] }, "leaf-2": { hosts: ["C"] } }),
      { include: ["^leaf"] },
      "selected IB ports have overlapping but incomplete node sets",
    ],
    [
      "one port contradicts itself",
      ibnetdiscoverText({
        "leaf-1": { up: ["x"], hosts: ["A", "B"] },
        "leaf-2": { up: ["x"], hosts: ["A"], adapter: 1 },
        x: {},
      }),
      "",
      { include: ["^leaf"] },
      'node "A" appears under conflicting IB leaf switches',
    ],
  ])("are refused where %s", async (_what, first, second, switchSelector, words) => {
    const probe = {
      ...bothPorts,
      discover: async (_node: string, port: { readonly adapter: string } | undefined) =>
        port?.adapter === "mlx5_0" ? first : second,
    };
    await expect(treeOf(probe, { switchSelector })).rejects.toMatchObject({
      status: 500,
      message: expect.stringContaining(`getIbTree failed: ${words}`),
    });
  });

  test("are passed over through ports that fail, and nodes that list none", async () => {
    const told: string[] = [];
    await treeOf(
      {
        activePorts: async (node) => {
          if (node === "A") throw new Error("no route");
          return node === "B" ? "mlx5_0;touch /tmp/unwanted 1\n" : "mlx5_0 1\nmlx5_1 1\n";
        },
        discover: async (_node, port) => (port?.adapter === "mlx5_0" ? Promise.reject(new Error("busy")) : compute),
      },
      { told, switchSelector: { include: ["^compute"] } },
    );
    expect(told).toEqual([
      'warning: failed to list active IB ports on "A": no route',
      'warning: failed to list active IB ports on "B": invalid IB port listing "mlx5_0;touch /tmp/unwanted 1"',
      'warning: failed to run ibnetdiscover on "C" port mlx5_0/1: busy',
    ]);
  });
});

describe("the ports of a node", () => {
  test("are read in the order of adapter and port", () => {
    expect(parseActivePorts("mlx5_2 1\n mlx5_0\t2 \nmlx5_0 1\n")).toEqual([
      { adapter: "mlx5_0", port: "1" },
      { adapter: "mlx5_0", port: "2" },
      { adapter: "mlx5_2", port: "1" },
    ]);
    expect(parseActivePorts("")).toEqual([]);
  });

  test.each(["mlx5_0", "mlx5_0 1 2", "mlx5_0 x", "$(id) 1", "a;b 1", "-x/y 1"])("are not read from %j", (line) => {
    expect(() => parseActivePorts(line)).toThrow("invalid IB port listing");
  });

  test("are listed by a script that a shell understands, those with a link alone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-ports-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const [port, state] of [
      ["mlx5_0/ports/1", "4: ACTIVE"],
      ["mlx5_0/ports/2", "1: DOWN"],
      ["mlx5_1/ports/1", "4: ACTIVE"],
    ] as const) {
      await mkdir(join(folder, port), { recursive: true });
      await writeFile(join(folder, port, "state"), `${state}\n`);
    }
    const script = activePortsScript.replace("/sys/class/infiniband", folder);
    const { stdout, stderr, status } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
    expect({ stdout, stderr, status }).toEqual({ stdout: "mlx5_0 1\nmlx5_1 1\n", stderr: "", status: 0 });
    // It is put into single quotes on its way.
    expect(activePortsScript).not.toContain("'");
  });
});

function probeOf(given: Partial<FabricProbe>): FabricProbe {
  return {
    discover: () => Promise.reject(new Error("not expected")),
    activePorts: () => Promise.reject(new Error("not expected")),
    ...given,
  };
}

async function treeOf(
  probe: Partial<FabricProbe>,
  {
    told = [],
    switchSelector,
    instances = request,
  }: {
    readonly told?: string[];
    readonly switchSelector?: Readonly<Record<string, readonly string[]>>;
    readonly instances?: readonly ComputeInstances[];
  } = {},
): Promise<string> {
  const selector = await readSwitchSelector(toParamMap({ switchSelector }));
  const host = recordingHost({ log: (level, message) => void told.push(`${level}: ${message}`) });
  const root = await discoverFabrics(probeOf(probe), instances, selector, host, signal);
  return renderTree(layoutTree({ root }));
}
