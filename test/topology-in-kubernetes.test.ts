import { describe, expect, test } from "vitest";
import { engineKinds } from "../src/topology/engines/registry.ts";
import type { KubernetesObject } from "../src/topology/kubernetes-api.ts";
import { fieldAt } from "../src/topology/kubernetes-nodes.ts";
import { recordedHost } from "../src/topology/kubernetes/recorded-host.ts";
import { recordedKubernetes, type RecordedKubernetes } from "../src/topology/kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../src/topology/params/to-param-map.ts";
import { providerKinds } from "../src/topology/providers/registry.ts";
import { runTopology } from "../src/topology/service/run-topology.ts";

const { signal } = new AbortController();

/** A Crusoe cluster: a partition with two pods of two nodes, each with a slurmd pod that Slurm knows by a name of its own. */
const objects: readonly KubernetesObject[] = [1, 2, 3, 4].flatMap((index) => [
  {
    kind: "Node",
    metadata: {
      name: `np-${index}`,
      labels: { "crusoe.ai/ib.partition.id": "partition-1", "crusoe.ai/pod.id": index < 3 ? "pod-a" : "pod-b" },
      annotations: { "topograph.run/instance": `np-${index}`, "topograph.run/region": "local" },
    },
  },
  {
    kind: "Pod",
    metadata: {
      name: `slurmd-${index}`,
      namespace: "slurm",
      labels: { app: "slurmd", "slurm.node.name": `gpu-${index}` },
    },
    spec: { nodeName: `np-${index}` },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  },
]);

const slinky = {
  namespace: "slurm",
  podSelector: { matchLabels: { app: "slurmd" } },
  topologyConfigmapName: "slurm-topology",
  topologyConfigPath: "topology.conf",
  plugin: "topology/tree",
};

async function run(api: RecordedKubernetes, engine: string, params: Record<string, unknown> = {}): Promise<string> {
  const host = recordedHost(api, { NFD_NAMESPACE: "nfd" });
  const request = {
    provider: { name: "crusoe", creds: undefined, params: undefined },
    engine: { name: engine, params: toParamMap(params) },
    nodes: undefined,
  };
  return (await runTopology(request, { host, providers: providerKinds, engines: engineKinds }, signal)).body;
}

describe("a Crusoe cluster's topology", () => {
  test("comes into Slinky's ConfigMap under Slurm's names", async () => {
    const api = recordedKubernetes(objects);
    expect(await run(api, "slinky", slinky)).toBe("OK\n");
    expect(fieldAt(api.objects("ConfigMap")[0], ["data", "topology.conf"])).toBe(
      [
        "SwitchName=partition-1 Switches=pod-a,pod-b",
        "SwitchName=pod-a Nodes=gpu-[1-2]",
        "SwitchName=pod-b Nodes=gpu-[3-4]",
        "",
      ].join("\n"),
    );
  });

  test("is told to dynamic nodes", async () => {
    const api = recordedKubernetes(objects);
    await run(api, "slinky", { ...slinky, useDynamicNodes: true, configUpdateMode: "none" });
    const specs = api.objects("Node").map(({ metadata }) => metadata?.annotations?.["topology.slinky.slurm.net/spec"]);
    expect(specs).toEqual([
      "default:partition-1:pod-a",
      "default:partition-1:pod-a",
      "default:partition-1:pod-b",
      "default:partition-1:pod-b",
    ]);
  });

  test("becomes labels of the Nodes, once", async () => {
    const api = recordedKubernetes(objects);
    expect(await run(api, "k8s")).toBe("OK\n");
    expect(api.objects("Node").at(-1)?.metadata?.labels).toMatchObject({
      "fabric.topograph.run/tier-0": "pod-b",
      "fabric.topograph.run/tier-1": "partition-1",
    });
    api.forget();
    await run(api, "k8s");
    expect(api.writes()).toEqual([]);
  });

  test("becomes objects of Node Feature Discovery", async () => {
    expect(await run(recordedKubernetes(objects), "nfd")).toBe("OK nodeFeatures=4 nodeFeatureGroups=3\n");
  });
});
