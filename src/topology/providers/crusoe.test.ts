import { describe, expect, test } from "vitest";
import { recordingHost } from "../../../test/recording-host.ts";
import { layoutTree } from "../graph/layout-tree.ts";
import type { ComputeInstances, TopologyGraph } from "../graph/topology-graph.ts";
import type { KubernetesObject } from "../kubernetes-api.ts";
import { recordedKubernetes } from "../kubernetes/recorded-kubernetes.ts";
import { decodeParams } from "../params/decode-params.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { slurmOutputParams } from "../render/output-params.ts";
import { readRenderConfig } from "../render/read-config.ts";
import { renderTopology } from "../render/render-topology.ts";
import { renderTree } from "../render/tree.ts";
import { crusoe } from "./crusoe.ts";

const { signal } = new AbortController();
const partition = "crusoe.ai/ib.partition.id";
const pod = "crusoe.ai/pod.id";
const clique = "nvidia.com/gpu.clique";

const nodes = [
  node("gpu-01", { [partition]: "part-a", [pod]: "pod-1" }),
  node("gpu-02", { [partition]: "part-a", [pod]: "pod-1" }),
  node("gpu-03", { [partition]: "part-a", [pod]: "pod-2" }),
  node("gpu-04", { [partition]: "part-b", [pod]: "pod-3" }),
  node("half", { [partition]: "part-a", [pod]: "" }),
  node("cpu-01", {}),
];
const everyNode = requestOf("gpu-01", "gpu-02", "gpu-03", "gpu-04", "half", "cpu-01");
const newer = { rootSwitch: true, cpuFallback: true };

describe("a Crusoe cluster", () => {
  test("has partitions above pods, and nodes under pods; what has no labels has no topology", async () => {
    const { graph, metrics } = await graphOf({}, everyNode);
    expect(treeOf(graph)).toBe(
      [
        "SwitchName=no-topology Nodes=cpu-01,half",
        "SwitchName=part-a Switches=pod-[1-2]",
        "SwitchName=part-b Switches=pod-3",
        "SwitchName=pod-1 Nodes=gpu-[01-02]",
        "SwitchName=pod-2 Nodes=gpu-03",
        "SwitchName=pod-3 Nodes=gpu-04",
        "",
      ].join("\n"),
    );
    expect(metrics.filter((metric) => metric.includes("crusoe_nodes")).sort()).toEqual([
      ...Array.from({ length: 4 }, () => 'topograph_crusoe_nodes_processed_total{outcome="infiniband"}'),
      ...Array.from({ length: 2 }, () => 'topograph_crusoe_nodes_processed_total{outcome="no_infiniband"}'),
    ]);
    expect(metrics).toContain('topograph_missing_topology{provider="crusoe",node="cpu-01"}');
  });

  test("has one root, and a place for the others, in the form of newer releases", async () => {
    const { graph } = await graphOf(newer, everyNode);
    expect(treeOf(graph)).toBe(
      [
        "SwitchName=crusoe Switches=cpu-partition,part-a,part-b",
        "SwitchName=cpu-partition Switches=cpu-pod",
        "SwitchName=part-a Switches=pod-[1-2]",
        "SwitchName=part-b Switches=pod-3",
        "SwitchName=cpu-pod Nodes=cpu-01,half",
        "SwitchName=pod-1 Nodes=gpu-[01-02]",
        "SwitchName=pod-2 Nodes=gpu-03",
        "SwitchName=pod-3 Nodes=gpu-04",
        "",
      ].join("\n"),
    );
  });

  test("has a block for every NVLink clique, never for a partition", async () => {
    const cluster = "29d9a0b8-948d-4a61-8b9e-fbbbf06c521b";
    const racks = ["a-1 pod-9 32766", "a-2 pod-9 32766", "b-1 pod-4 32767", "b-2 pod-4 32767"].map((line) => {
      const [name = "", podId = "", cliqueId = ""] = line.split(" ");
      return node(`rack-${name}`, { [partition]: "part-a", [pod]: podId, [clique]: `${cluster}.${cliqueId}` });
    });
    const names = requestOf("rack-a-1", "rack-a-2", "rack-b-1", "rack-b-2", "gpu-01");
    const { graph } = await graphOf(newer, names, [...racks, ...nodes]);
    const output = decodeParams(slurmOutputParams, toParamMap({ plugin: "topology/block" }));
    const config = await readRenderConfig(output, undefined, async () => "");
    const { text } = await renderTopology(graph, config);
    // Numbers follow the names of the domains, the order that of the tree, in which pod-4 stands first.
    expect(text).toBe(
      [
        `# block002=${cluster}.32767`,
        "BlockName=block002 Nodes=rack-b-[1-2]",
        `# block001=${cluster}.32766`,
        "BlockName=block001 Nodes=rack-a-[1-2]",
        "BlockSizes=2,4",
        "",
      ].join("\n"),
    );
  });

  test("shows requested nodes that the selector does not pick without a topology", async () => {
    const own = [node("gpu-01", { [partition]: "p", [pod]: "d", role: "compute" }), node("control", {})];
    const { graph, requests } = await graphOf(
      { nodeSelector: { role: "compute" } },
      requestOf("gpu-01", "control"),
      own,
    );
    expect(treeOf(graph)).toBe(
      "SwitchName=no-topology Nodes=control\nSwitchName=p Switches=d\nSwitchName=d Nodes=gpu-01\n",
    );
    expect(requests).toMatchObject([{ labelSelector: "role=compute" }]);
  });

  test("knows instances by the annotation of the broker, else by the name of the Node", async () => {
    const own = [node("k8s-name", { [partition]: "p", [pod]: "d" }, { "topograph.run/instance": " i-1 " })];
    const { graph } = await graphOf({}, [{ region: "local", instances: new Map([["i-1", "slurm-1"]]) }], own);
    expect(treeOf(graph)).toContain("SwitchName=d Nodes=slurm-1\n");
  });

  test("lies in one region", async () => {
    const api = recordedKubernetes();
    const host = recordingHost({ kubernetes: async () => api });
    const provider = await crusoe.open({ params: new Map(), creds: new Map() }, host, signal);
    const two = [...requestOf("gpu-01"), ...requestOf("gpu-02")];
    await expect(provider.graph({ instances: two }, signal)).rejects.toMatchObject({
      status: 400,
      message: "crusoe does not support multi-region topology requests",
    });
    expect(api.requests).toEqual([]);
  });

  test("prints nothing for a request that names no nodes", async () => {
    expect(treeOf((await graphOf({}, requestOf())).graph)).toBe("");
    expect(treeOf((await graphOf({}, [])).graph)).toBe("");
  });

  test("does not know other nodes", async () => {
    await expect(graphOf({}, requestOf("absent"))).rejects.toMatchObject({
      status: 404,
      message: "no requested nodes found among 6 selected nodes",
    });
  });

  test("loses tiers from the top as told", async () => {
    expect(treeOf((await graphOf({ ...newer, trimTiers: 2 }, requestOf("gpu-01"))).graph)).toBe(
      "SwitchName=pod-1 Nodes=gpu-01\n",
    );
    await expect(graphOf({ trimTiers: 3 }, everyNode)).rejects.toMatchObject({
      status: 400,
      message: "invalid 'trimTiers' value '3': must be an integer between 0 and 2",
    });
  });

  test("cannot be read where its server does not answer, which is worth another attempt", async () => {
    const api = recordedKubernetes(nodes);
    api.fail({ status: 0, message: "connect ECONNREFUSED" });
    const host = recordingHost({ kubernetes: async () => api });
    const provider = await crusoe.open({ params: new Map(), creds: new Map() }, host, signal);
    await expect(provider.graph({ instances: everyNode }, signal)).rejects.toMatchObject({
      status: 502,
      message: "failed to list node in the cluster: connect ECONNREFUSED",
    });
  });

  test("knows nodes by their names, in the region local", async () => {
    const host = recordingHost({ kubernetes: async () => recordedKubernetes() });
    const { instanceMapper } = await crusoe.open({ params: new Map(), creds: new Map() }, host, signal);
    expect(await instanceMapper?.nodesByInstance(["gpu-01"], signal)).toEqual(new Map([["gpu-01", "gpu-01"]]));
    expect(await instanceMapper?.regionsByNode(["gpu-01"], signal)).toEqual(new Map([["gpu-01", "local"]]));
  });
});

function node(
  name: string,
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>> = {},
): KubernetesObject {
  return { kind: "Node", metadata: { name, labels, annotations } };
}

function requestOf(...names: readonly string[]): readonly ComputeInstances[] {
  return [{ region: "local", instances: new Map(names.map((name) => [name, name])) }];
}

async function graphOf(
  params: Readonly<Record<string, unknown>>,
  instances: readonly ComputeInstances[],
  own: readonly KubernetesObject[] = nodes,
): Promise<{
  readonly graph: TopologyGraph;
  readonly metrics: readonly string[];
  readonly requests: readonly unknown[];
}> {
  const api = recordedKubernetes(own);
  const host = recordingHost({ kubernetes: async () => api });
  const provider = await crusoe.open({ params: toParamMap(params), creds: new Map() }, host, signal);
  const graph = await provider.graph({ instances }, signal);
  return { graph, metrics: host.recorded.metrics, requests: api.requests };
}

function treeOf(graph: TopologyGraph): string {
  return renderTree(layoutTree(graph));
}
