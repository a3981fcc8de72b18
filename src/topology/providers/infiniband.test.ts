import { describe, expect, test } from "vitest";
import { ibnetdiscoverText } from "../../../test/infiniband-text.ts";
import { recordingHost } from "../../../test/recording-host.ts";
import { createRecordedRunner, type Transcript } from "../../remote/recorded-runner.ts";
import type { CommandOutput } from "../../schema/command.ts";
import { layoutTree } from "../graph/layout-tree.ts";
import type { ComputeInstances, DomainMap, TopologyGraph } from "../graph/topology-graph.ts";
import type { KubernetesExec, KubernetesObject } from "../kubernetes-api.ts";
import { recordedKubernetes, type ExecAnswer } from "../kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../params/to-param-map.ts";
import type { ProviderKind } from "../provider.ts";
import { renderTree } from "../render/tree.ts";
import { activePortsScript } from "./fabric-discovery.ts";
import { infinibandBm } from "./infiniband-bm.ts";
import { infinibandK8s } from "./infiniband-k8s.ts";
import { nvidiaSmiCommand } from "./nvidia-smi.ts";

const { signal } = new AbortController();
const instances: readonly ComputeInstances[] = [
  {
    region: "local",
    instances: new Map([
      ["i1", "n1"],
      ["i2", "n2"],
    ]),
  },
];
const text = ibnetdiscoverText({
  leaf1: { up: ["spine"], hosts: ["n1"] },
  leaf2: { up: ["spine"], hosts: ["n2"] },
  spine: {},
});
const tree = "SwitchName=S-spine Switches=S-leaf[1-2]\nSwitchName=S-leaf1 Nodes=n1\nSwitchName=S-leaf2 Nodes=n2\n";
const smi = { accelerator: { source: "nvidia-smi" } };

describe("infiniband-bm", () => {
  const nvidiaSmi = nvidiaSmiCommand.join(" ");

  test("reads the fabric from one node, over pdsh and with sudo", async () => {
    const host = bareHost(onNode("n1", "sudo ibnetdiscover", { stdout: text }));
    const graph = await graphOf(infinibandBm, host);
    expect(treeOf(graph)).toBe(tree);
    expect(graph.domains?.size).toBe(0);
  });

  test("reads it through every active port where switches are selected", async () => {
    const host = bareHost(
      onNode("n1", `sudo sh -c '${activePortsScript}'`, { stdout: "mlx5_0 1\n" }),
      onNode("n1", "sudo ibnetdiscover -C mlx5_0 -P 1", { stdout: text }),
    );
    expect(treeOf(await graphOf(infinibandBm, host, { switchSelector: { include: ["leaf"] } }))).toBe(tree);
  });

  test("asks all nodes for their NVLink domain; one that says nothing has none", async () => {
    const host = bareHost(
      onNode("n1", "sudo ibnetdiscover", { stdout: text }),
      onAll(nvidiaSmi, { stdout: "n1: uuid, 7\nn1: uuid, 7\nn2: \nssh: something else\n" }),
    );
    expect(shown((await graphOf(infinibandBm, host, smi)).domains)).toEqual([["uuid.7", ["i1 n1"]]]);
  });

  test.each([
    [
      { stderr: "n1: no route\n", exitCode: 1 },
      "failed to query NVL partition IDs: pdsh failed: n1: no route  : exit status 1",
    ],
    [{ stdout: "n1: N/A, 7\n" }, 'invalid nvidia-smi output for node "n1": ClusterUUID is N/A'],
    [
      { stdout: "n2: a, 1\nn2: a, 2\n" },
      'invalid nvidia-smi output for node "n2": ambiguous NVL partition IDs: a.1, a.2',
    ],
  ])("fails where nvidia-smi answers %j", async (output, words) => {
    await expect(graphOf(infinibandBm, bareHost(onAll(nvidiaSmi, output)), smi)).rejects.toMatchObject({
      status: 500,
      message: `failed to discover accelerator domains: ${words}`,
    });
  });

  test("is one of one place, whose nodes are known by their names", async () => {
    await refusesRegions(infinibandBm, bareHost());
    const { instanceMapper } = await infinibandBm.open({ params: new Map(), creds: new Map() }, bareHost(), signal);
    expect(await instanceMapper?.nodesByInstance(["n1"], signal)).toEqual(new Map([["n1", "n1"]]));
    expect(await instanceMapper?.regionsByNode(["n1"], signal)).toEqual(new Map([["n1", "local"]]));
  });

  test("does not hand pdsh what is no name, be it in the request", async () => {
    const odd = [{ region: "local", instances: new Map([["i1", "^/etc/passwd"]]) }];
    await expect(graphOf(infinibandBm, bareHost(), {}, odd)).rejects.toMatchObject({
      status: 400,
      message: 'node name "^/etc/passwd" cannot be handed to pdsh',
    });
  });

  test.each([
    [
      { accelerator: { source: "kubernetes-label", kubernetesLabel: { key: "k" } } },
      'accelerator source "kubernetes-label" is not supported by command discovery',
    ],
    [{ accelerator: null }, "accelerator section must be an object with a source"],
    [{ switchSelector: {} }, "switchSelector requires include or exclude patterns"],
  ])("refuses %j", async (params, message) => {
    await expect(graphOf(infinibandBm, bareHost(), params)).rejects.toMatchObject({ status: 400, message });
  });
});

describe("infiniband-k8s", () => {
  const environment = { NODE_DATA_BROKER_NAME: "broker", NODE_DATA_BROKER_NAMESPACE: "topograph" };
  const daemonSet: KubernetesObject = {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "broker", namespace: "topograph" },
    spec: { selector: { matchLabels: { app: "broker" } } },
  };
  const cluster = [
    node("n1", "i1", "clique-1"),
    node("n2", "i2", "clique-1"),
    daemonSet,
    pod("broker-1", "n1"),
    pod("broker-2", "n2"),
  ];

  test("reads the fabric in the broker's Pod of one node", async () => {
    const { host, api } = clusterHost(cluster, () => ({ stdout: text }));
    const graph = await graphOf(infinibandK8s, host);
    expect(treeOf(graph)).toBe(tree);
    expect(graph.domains?.size).toBe(0);
    expect(api.requests.filter(({ verb }) => verb === "exec")).toMatchObject([
      { namespace: "topograph", name: "broker-1", command: ["ibnetdiscover"] },
    ]);
  });

  test("reads it through every active port where switches are selected", async () => {
    const { host, api } = clusterHost(cluster, ({ command }) => ({
      stdout: command[0] === "sh" ? "mlx5_0 1\n" : text,
    }));
    expect(treeOf(await graphOf(infinibandK8s, host, { switchSelector: { exclude: ["none"] } }))).toBe(tree);
    expect(api.requests.flatMap(({ command }) => (command === undefined ? [] : [command]))).toEqual([
      ["sh", "-c", activePortsScript],
      ["ibnetdiscover", "-C", "mlx5_0", "-P", "1"],
    ]);
  });

  test.each([
    [smi, "cluster-7"],
    [{ accelerator: { source: "kubernetes-label", kubernetesLabel: { key: "clique" } } }, "clique-1"],
  ])("reads NVLink domains of the Nodes by %j", async (params, domain) => {
    const { host } = clusterHost(cluster, () => ({ stdout: text }));
    expect(shown((await graphOf(infinibandK8s, host, params)).domains)).toEqual([[domain, ["i1 n1", "i2 n2"]]]);
  });

  test("goes on with the next node where a Pod is missing or its command fails", async () => {
    const own = [...cluster.filter(({ metadata }) => metadata?.name !== "broker-1"), pod("broker-2b", "n9")];
    const { host } = clusterHost(own, () => ({ stdout: text }));
    expect(treeOf(await graphOf(infinibandK8s, host))).toBe(tree);
    expect(host.recorded.log).toEqual([
      'warning: failed to run ibnetdiscover: expected 1 data broker pod on "n1" node; got 0',
    ]);
    const failing = clusterHost(cluster, ({ pod: name }) =>
      name === "broker-1" ? { stderr: "no such device\n", exitCode: 1 } : { stdout: text },
    );
    expect(treeOf(await graphOf(infinibandK8s, failing.host))).toBe(tree);
    expect(failing.host.recorded.log).toEqual([
      "warning: failed to run ibnetdiscover: failed to execute command [ibnetdiscover] in pod topograph/broker-1: no such device : command terminated with exit code 1",
    ]);
  });

  test("says what is missing where there is no broker", async () => {
    const { host } = clusterHost([node("n1", "i1", "c")], () => ({}));
    await expect(graphOf(infinibandK8s, host)).rejects.toMatchObject({
      status: 502,
      message:
        'no InfiniBand fabric was found from any of 2 nodes: failed to run ibnetdiscover: daemonsets.apps "broker" not found',
    });
  });

  test("is one of one place", async () => {
    await refusesRegions(infinibandK8s, clusterHost(cluster, () => ({})).host);
    const { host } = clusterHost(cluster, () => ({}));
    expect(
      (await infinibandK8s.open({ params: new Map(), creds: new Map() }, host, signal)).instanceMapper,
    ).toBeUndefined();
  });

  test("cannot be read where Nodes cannot be listed", async () => {
    const { host, api } = clusterHost(cluster, () => ({}));
    api.fail({ plural: "nodes", status: 403, message: "forbidden" });
    await expect(graphOf(infinibandK8s, host)).rejects.toMatchObject({
      status: 502,
      message: "failed to list node in the cluster: forbidden",
    });
  });

  function clusterHost(
    objects: readonly KubernetesObject[],
    exec: (request: KubernetesExec) => ExecAnswer,
  ): { readonly host: ReturnType<typeof recordingHost>; readonly api: ReturnType<typeof recordedKubernetes> } {
    const api = recordedKubernetes(objects, { exec });
    return { host: recordingHost({ environment, kubernetes: async () => api }), api };
  }

  function node(name: string, instance: string, clique: string): KubernetesObject {
    const annotations = {
      "topograph.run/instance": instance,
      "topograph.run/region": "local",
      "topograph.run/cluster-id": "cluster-7",
    };
    return { kind: "Node", metadata: { name, labels: { clique }, annotations } };
  }

  function pod(name: string, nodeName: string): KubernetesObject {
    return { kind: "Pod", metadata: { name, namespace: "topograph", labels: { app: "broker" } }, spec: { nodeName } };
  }
});

async function graphOf(
  kind: ProviderKind,
  host: ReturnType<typeof recordingHost>,
  params: Readonly<Record<string, unknown>> = {},
  asked: readonly ComputeInstances[] = instances,
): Promise<TopologyGraph> {
  const provider = await kind.open({ params: toParamMap(params), creds: new Map() }, host, signal);
  return provider.graph({ instances: asked }, signal);
}

async function refusesRegions(kind: ProviderKind, host: ReturnType<typeof recordingHost>): Promise<void> {
  const two = [...instances, { region: "other", instances: new Map() }];
  await expect(graphOf(kind, host, {}, two)).rejects.toMatchObject({
    status: 400,
    message: "on-prem does not support multi-region topology requests",
  });
}

type Answered = Transcript[number];

function bareHost(...transcript: readonly Answered[]): ReturnType<typeof recordingHost> {
  return recordingHost({ runner: createRecordedRunner([...transcript]) });
}

function onNode(node: string, command: string, output: Partial<CommandOutput>): Answered {
  return {
    argv: ["pdsh", "-R", "ssh", "-N", "-w", node, command],
    output: { stdout: "", stderr: "", exitCode: 0, ...output },
  };
}

function onAll(command: string, output: Partial<CommandOutput>): Answered {
  return {
    argv: ["pdsh", "-R", "ssh", "-w", "n[1-2]", command],
    output: { stdout: "", stderr: "", exitCode: 0, ...output },
  };
}

function treeOf(graph: TopologyGraph): string {
  return renderTree(layoutTree(graph));
}

function shown(domains: DomainMap | undefined): unknown {
  return [...(domains ?? [])].map(([name, hosts]) => [
    name,
    Array.from(hosts.values(), ({ instanceId, nodeName }) => `${instanceId} ${nodeName}`),
  ]);
}
