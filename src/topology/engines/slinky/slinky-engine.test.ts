import { describe, expect, test } from "vitest";
import type { ComputeInstances, DomainHost, TopologyGraph, Vertex } from "../../graph/topology-graph.ts";
import type { KubernetesObject } from "../../kubernetes-api.ts";
import { fieldAt } from "../../kubernetes-nodes.ts";
import { recordedHost, type RecordedHost } from "../../kubernetes/recorded-host.ts";
import { recordedKubernetes, type RecordedKubernetes } from "../../kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import type { Provider } from "../../provider.ts";
import { slinkyEngine } from "./slinky-engine.ts";

const { signal } = new AbortController();
const provider: Provider = { graph: () => Promise.reject(new Error("not asked")) };
const base = {
  namespace: "slurm",
  podSelector: { matchLabels: { app: "slurmd" } },
  topologyConfigmapName: "slurm-config",
  topologyConfigPath: "topology.conf",
};
const tree = { ...base, plugin: "topology/tree" };
const block = { ...base, plugin: "topology/block" };
const specAnnotation = "topology.slinky.slurm.net/spec";

function vertex(id: string, children: readonly Vertex[] = [], name = ""): Vertex {
  return { id, name, children: new Map(children.map((child) => [child.id, child])) };
}

/** c over r1 and r2, over a1 with n1 and a2 with n2; n1 and n2 in domains of their own. */
const graph: TopologyGraph = {
  root: vertex("", [
    vertex("c", [
      vertex("r1", [vertex("a1", [vertex("i1", [], "n1")])]),
      vertex("r2", [vertex("a2", [vertex("i2", [], "n2")])]),
    ]),
  ]),
  domains: new Map([
    ["d1", new Map<string, DomainHost>([["n1", { domain: "d1", instanceId: "i1", nodeName: "n1" }]])],
    ["d2", new Map<string, DomainHost>([["n2", { domain: "d2", instanceId: "i2", nodeName: "n2" }]])],
  ]),
};

const treeText = [
  "SwitchName=c Switches=r[1-2]",
  "SwitchName=r1 Switches=a1",
  "SwitchName=r2 Switches=a2",
  "SwitchName=a1 Nodes=n1",
  "SwitchName=a2 Nodes=n2",
  "",
].join("\n");

function node(
  name: string,
  more: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
): KubernetesObject {
  return { kind: "Node", metadata: { name, labels: {}, ...more } };
}

interface PodFacts {
  readonly label?: string;
  readonly hostname?: string;
  readonly isReady?: boolean;
  readonly labels?: Record<string, string>;
}

function slurmd(
  name: string,
  nodeName: string,
  { label, hostname, isReady = true, labels = {} }: PodFacts,
): KubernetesObject {
  return {
    kind: "Pod",
    metadata: {
      name,
      namespace: "slurm",
      labels: { app: "slurmd", ...labels, ...(label !== undefined && { "slurm.node.name": label }) },
    },
    spec: { nodeName, ...(hostname !== undefined && { hostname }) },
    status: { phase: "Running", conditions: [{ type: "Ready", status: isReady ? "True" : "False" }] },
  };
}

function component(name: string, role: string, phase = "Running"): KubernetesObject {
  const labels = { "app.kubernetes.io/component": role };
  return { kind: "Pod", metadata: { name, namespace: "slurm", labels }, status: { phase } };
}

/** Two Nodes with a slurmd pod each, which Slurm calls n1 and n2. */
const cluster = [
  node("k1", { annotations: { "topograph.run/instance": "i1", "topograph.run/region": "r" } }),
  node("k2", { annotations: { "topograph.run/instance": "i2", "topograph.run/region": "r" } }),
  slurmd("p1", "k1", { label: "n1" }),
  slurmd("p2", "k2", { hostname: "n2" }),
];

async function run(
  api: RecordedKubernetes,
  params: Record<string, unknown>,
  { shown = graph, host = recordedHost(api) }: { shown?: TopologyGraph; host?: RecordedHost } = {},
): Promise<string> {
  const engine = await slinkyEngine.open(toParamMap(params), host, signal);
  return engine.output(shown, signal);
}

function written(api: RecordedKubernetes): string {
  return String(fieldAt(api.objects("ConfigMap")[0], ["data", "topology.conf"]));
}

describe("parameters", () => {
  const failure = (params: Record<string, unknown>): Promise<unknown> =>
    slinkyEngine.open(toParamMap(params), recordedHost(recordedKubernetes()), signal).catch((error: unknown) => error);

  test.each([
    ["namespace", { ...base, namespace: undefined }],
    ["podSelector", { ...base, podSelector: undefined }],
    ["podSelector", { ...base, podSelector: {} }],
    ["podSelector", { ...base, podSelector: { matchLabels: {}, matchExpressions: [] } }],
    ["topologyConfigPath", { ...base, topologyConfigPath: "" }],
    ["topologyConfigmapName", { ...base, topologyConfigmapName: null }],
    ["namespace", {}],
  ])("%s is needed, and of several the first is named", async (name, params) => {
    expect(await failure(params)).toMatchObject({ status: 400, message: `must specify engine parameter "${name}"` });
  });

  test.each([
    [{ ...base, configUpdateMode: "zz" }, "invalid configUpdateMode: zz, must be either none, or skeleton-only"],
    [{ ...base, topologies: { topo: null } }, 'topology "topo": nil entry'],
    [
      { ...base, topologies: { t2: { nodes: ["n1"], podSelector: base.podSelector } } },
      'topology "t2": cannot set both nodes and podSelector',
    ],
    [
      { ...base, podSelector: { matchExpressions: [{ key: "a", operator: "BAD" }] } },
      '"BAD" is not a valid label selector operator',
    ],
    [
      { ...base, podSelector: { matchExpressions: [{ key: "a", operator: "In" }] } },
      "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
    ],
    [
      { ...base, podSelector: "app=slurmd" },
      "could not decode configuration: 1 error(s) decoding:\n\n* 'podSelector' expected a map, got 'string'",
    ],
  ])("%j are refused", async (params, message) => {
    expect(await failure(params)).toMatchObject({ status: 400, message });
  });

  test("a source label has to be one", async () => {
    expect(String(await failure({ ...base, acceleratorDomainSourceLabel: "not a label" }))).toContain(
      'acceleratorDomainSourceLabel "not a label" is not a valid Kubernetes label key: ',
    );
  });

  test("a plugin has no default, and reconfigure is none of them", async () => {
    await expect(run(recordedKubernetes(), { ...base, reconfigure: "bad" })).rejects.toMatchObject({
      status: 400,
      message: 'unsupported topology plugin ""',
    });
  });

  test("selectors are written as Kubernetes writes them", async () => {
    const api = recordedKubernetes();
    const podSelector = {
      matchLabels: { b: "2", a: "1" },
      matchExpressions: [
        { key: "tier", operator: "In", values: ["y", "x"] },
        { key: "c", operator: "NotIn", values: ["z"] },
        { key: "d", operator: "Exists" },
        { key: "e", operator: "DoesNotExist" },
      ],
    };
    const engine = await slinkyEngine.open(toParamMap({ ...tree, podSelector }), recordedHost(api), signal);
    await engine.resolve([], provider, signal);
    expect(api.requests.find(({ plural }) => plural === "pods")?.labelSelector).toBe(
      "a=1,b=2,c notin (z),d,!e,tier in (x,y)",
    );
  });
});

describe("discovery", () => {
  const resolved = async (
    objects: readonly KubernetesObject[],
    params: Record<string, unknown> = tree,
  ): Promise<[readonly ComputeInstances[], RecordedHost, RecordedKubernetes]> => {
    const api = recordedKubernetes(objects);
    const host = recordedHost(api);
    const engine = await slinkyEngine.open(toParamMap(params), host, signal);
    return [await engine.resolve([], provider, signal), host, api];
  };

  test("Slurm's name is the pod's label, else its host name; instance and region are the Node's annotations", async () => {
    const [found, , api] = await resolved(cluster, { ...tree, nodeSelector: { gpu: "yes" } });
    expect(found).toEqual([]);
    expect(api.requests).toEqual([
      { verb: "list", plural: "nodes", labelSelector: "gpu=yes" },
      { verb: "list", plural: "pods", namespace: "slurm", labelSelector: "app=slurmd" },
    ]);
    expect((await resolved(cluster))[0]).toEqual([
      {
        region: "r",
        instances: new Map([
          ["i1", "n1"],
          ["i2", "n2"],
        ]),
      },
    ]);
  });

  test("passes over pods that are not ready or have no name, and Nodes without annotations", async () => {
    const annotations = { "topograph.run/instance": "i", "topograph.run/region": "r" };
    const [found, host] = await resolved([
      node("no-pod", { annotations }),
      node("not-ready", { annotations }),
      node("no-name", { annotations }),
      node("no-annotations"),
      node("no-region", { annotations: { "topograph.run/instance": "i" } }),
      slurmd("p1", "not-ready", { label: "n1", isReady: false }),
      slurmd("p2", "no-name", {}),
      slurmd("p3", "no-annotations", { label: "n3" }),
      slurmd("p4", "no-region", { label: "n4" }),
    ]);
    expect(found).toEqual([]);
    expect(host.lines).toEqual([
      "warning: Cannot resolve SLURM node name for pod slurm/p2, skipping",
      'warning: missing "topograph.run/instance" annotation in node no-annotations',
      'warning: missing "topograph.run/region" annotation in node no-region',
    ]);
  });

  test("is left out where the request names instances", async () => {
    const api = recordedKubernetes(cluster);
    const given = [{ region: "r", instances: new Map([["i1", "n1"]]) }];
    const engine = await slinkyEngine.open(toParamMap(tree), recordedHost(api), signal);
    expect(await engine.resolve(given, provider, signal)).toBe(given);
    expect(api.requests).toEqual([]);
  });

  test.each([
    ["nodes", "failed to list node in the cluster: no luck"],
    ["pods", "failed to list SLURM pods in the cluster: no luck"],
  ])("fails with 502 where %s cannot be listed", async (plural, message) => {
    const api = recordedKubernetes(cluster);
    api.fail({ verb: "list", plural, status: 500, message: "no luck" });
    const engine = await slinkyEngine.open(toParamMap(tree), recordedHost(api), signal);
    await expect(engine.resolve([], provider, signal)).rejects.toMatchObject({ status: 502, message });
  });
});

describe("the ConfigMap", () => {
  test("is created with its annotations where there is none", async () => {
    const api = recordedKubernetes();
    expect(await run(api, { ...block, blockSizes: [1, 2] })).toBe("OK\n");
    expect(api.requests.map(({ verb }) => verb)).toEqual(["get", "create"]);
    expect(api.objects("ConfigMap")).toMatchObject([
      {
        metadata: {
          name: "slurm-config",
          namespace: "slurm",
          annotations: {
            "topograph.run/engine": "slinky",
            "topograph.run/topology-managed-by": "topograph",
            "topograph.run/slurm-namespace": "slurm",
            "topograph.run/plugin": "topology/block",
            "topograph.run/block-sizes": "1,2",
            "topograph.run/last-updated": expect.stringMatching(
              /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/,
            ) as unknown,
          },
        },
        data: {
          "topology.conf":
            "# block001=d1\nBlockName=block001 Nodes=n1\n# block002=d2\nBlockName=block002 Nodes=n2\nBlockSizes=1,2\n",
        },
      },
    ]);
  });

  test("has no header, and nothing is written where it is as it should be", async () => {
    const api = recordedKubernetes();
    await run(api, tree);
    expect(written(api)).toBe(treeText);
    api.forget();
    expect(await run(api, tree)).toBe("OK\n");
    expect(api.requests.map(({ verb }) => verb)).toEqual(["get"]);
  });

  test("is updated where it differs: other keys, labels and annotations stay", async () => {
    const api = recordedKubernetes([
      {
        kind: "ConfigMap",
        metadata: {
          name: "slurm-config",
          namespace: "slurm",
          labels: { team: "hpc" },
          annotations: { "topograph.run/plugin": "topology/block", "topograph.run/block-sizes": "4", note: "kept" },
        },
        data: { "topology.conf": "old", "slurm.conf": "kept" },
      },
    ]);
    await run(api, tree);
    expect(api.writes().map(({ verb }) => verb)).toEqual(["update"]);
    expect(api.objects("ConfigMap")).toMatchObject([
      {
        metadata: {
          labels: { team: "hpc" },
          annotations: { "topograph.run/plugin": "topology/tree", "topograph.run/block-sizes": "4", note: "kept" },
        },
        data: { "topology.conf": treeText, "slurm.conf": "kept" },
      },
    ]);
  });

  test("is written again where somebody else was faster", async () => {
    const old = { kind: "ConfigMap", metadata: { name: "slurm-config", namespace: "slurm" } };
    const api = recordedKubernetes([old]);
    api.fail({ verb: "update", status: 409, message: "the object has been modified", times: 2 });
    await run(api, tree);
    expect(api.requests.map(({ verb }) => verb)).toEqual(["get", "update", "get", "update", "get", "update"]);
    expect(written(api)).toBe(treeText);
  });

  test.each([
    ["get", [], "failed to get configmap slurm/slurm-config: no luck"],
    ["create", [], "failed to create configmap slurm/slurm-config: no luck"],
    [
      "update",
      [{ kind: "ConfigMap", metadata: { name: "slurm-config", namespace: "slurm" } }],
      "failed to update configmap slurm/slurm-config: no luck",
    ],
  ] as const)("that cannot be %s is a 502", async (verb, objects, message) => {
    const api = recordedKubernetes(objects);
    api.fail({ verb, status: 403, message: "no luck" });
    await expect(run(api, tree)).rejects.toMatchObject({ status: 502, message });
  });

  test("as a skeleton has no nodes", async () => {
    const api = recordedKubernetes();
    await run(api, { ...tree, configUpdateMode: "skeleton-only" });
    expect(written(api)).toBe("SwitchName=c Switches=r[1-2]\nSwitchName=r1 Switches=a1\nSwitchName=r2 Switches=a2\n");
    await run(api, { ...block, configUpdateMode: "skeleton-only" });
    expect(written(api)).toBe("# block001=d1\nBlockName=block001\n# block002=d2\nBlockName=block002\nBlockSizes=1,2\n");
    await run(api, {
      ...base,
      configUpdateMode: "skeleton-only",
      topologies: { t1: { plugin: "topology/tree", nodes: ["n1"] } },
    });
    expect(written(api)).toContain("- topology: t1");
    expect(written(api)).not.toContain("nodes:");
  });

  test("is left alone with none", async () => {
    const api = recordedKubernetes();
    expect(await run(api, { ...tree, configUpdateMode: "none" })).toBe("OK\n");
    expect(api.requests).toEqual([]);
  });

  test("writes names one by one where told", async () => {
    const api = recordedKubernetes();
    await run(api, { ...tree, compress: false });
    expect(written(api)).toContain("SwitchName=c Switches=r1,r2");
  });
});

describe("topologies", () => {
  const yaml = async (
    topologies: Record<string, unknown>,
    objects: readonly KubernetesObject[] = [],
    exec?: Parameters<typeof recordedKubernetes>[1],
  ): Promise<[string, RecordedKubernetes]> => {
    const api = recordedKubernetes(objects, exec);
    await run(api, { ...base, topologies });
    return [written(api), api];
  };

  test("are of the nodes that they name, or of the Ready pods that they select", async () => {
    const [text] = await yaml(
      {
        t1: { plugin: "topology/tree", nodes: ["n1"] },
        t2: { plugin: "topology/tree", podSelector: { matchLabels: { pool: "b" } } },
      },
      [
        slurmd("p1", "k1", { label: "n1", labels: { pool: "b" }, isReady: false }),
        slurmd("p2", "k2", { hostname: "n2", labels: { pool: "b" } }),
      ],
    );
    const [first, second] = text.split("- topology: t2");
    expect(first).toContain("nodes: n1");
    expect(second).toContain("nodes: n2");
    expect(second).not.toContain("n1");
  });

  test("are of the partition that Slurm's controller shows, else a login pod", async () => {
    const asked: string[] = [];
    const answer = (pod: string): { stdout?: string; stderr?: string; exitCode?: number } => {
      asked.push(pod);
      return pod === "login-1"
        ? { stdout: "PartitionName=p\n   Nodes=n[1-2]\n" }
        : { stderr: "no\nslurmctld", exitCode: 1 };
    };
    const [text, api] = await yaml(
      { t1: { plugin: "topology/tree", partition: "p" } },
      [
        component("controller-0", "controller", "Pending"),
        component("controller-1", "controller"),
        component("login-1", "login"),
      ],
      { exec: ({ pod }) => answer(pod) },
    );
    expect(text).toContain("nodes: n1");
    expect(text).toContain("nodes: n2");
    expect(asked).toEqual(["controller-1", "login-1"]);
    const commands = api.requests.filter(({ verb }) => verb === "exec").map(({ command }) => command);
    expect(commands).toEqual([
      ["scontrol", "show", "partition", "p"],
      ["scontrol", "show", "partition", "p"],
    ]);
  });

  test("fail with what every pod said, where none shows the partition", async () => {
    const api = recordedKubernetes([component("controller-1", "controller")], {
      exec: () => ({ stderr: "slurm_load_partitions error:\nno", exitCode: 1 }),
    });
    api.fail({ verb: "list", plural: "pods", status: 403, message: "forbidden", after: 1 });
    await expect(
      run(api, { ...base, topologies: { t1: { plugin: "topology/tree", partition: "p" } } }),
    ).rejects.toMatchObject({
      status: 500,
      message:
        'partition discovery failed on all controller and login pods in namespace "slurm": exec on controller pod controller-1: failed to execute command [scontrol show partition p] in pod slurm/controller-1: slurm_load_partitions error: no: command terminated with exit code 1; list login pods: forbidden',
    });
  });

  test("fail where no such pod runs, and where a partition has no nodes", async () => {
    const topologies = { t1: { plugin: "topology/tree", partition: "p" } };
    await expect(run(recordedKubernetes(), { ...base, topologies })).rejects.toMatchObject({
      status: 500,
      message: 'no running controller or login pods found for partition discovery in namespace "slurm"',
    });
    const api = recordedKubernetes([component("controller-0", "controller")], { exec: () => ({ stdout: "nothing" }) });
    await expect(run(api, { ...base, topologies })).rejects.toMatchObject({
      status: 500,
      message: 'partition "p" has no nodes',
    });
  });
});

describe("dynamic nodes", () => {
  const specs = (api: RecordedKubernetes): unknown[] =>
    api.objects("Node").map(({ metadata }) => metadata?.annotations?.[specAnnotation]);

  test("are told their place in a tree by the ids of switches, once", async () => {
    const api = recordedKubernetes(cluster);
    expect(await run(api, { ...tree, useDynamicNodes: true })).toBe("OK\n");
    expect(specs(api)).toEqual(["default:c:r1:a1", "default:c:r2:a2"]);
    const patches = api.writes().filter(({ plural }) => plural === "nodes");
    expect(patches[0]).toEqual({
      verb: "patch",
      plural: "nodes",
      name: "k1",
      patchType: "strategic-merge",
      body: { metadata: { annotations: { [specAnnotation]: "default:c:r1:a1" } } },
    });
    expect(api.requests.at(-1)?.plural).toBe("nodes");
    api.forget();
    await run(api, { ...tree, useDynamicNodes: true });
    expect(api.writes()).toEqual([]);
  });

  test("are told their block, also where the ConfigMap is left alone", async () => {
    const api = recordedKubernetes(cluster);
    await run(api, { ...block, useDynamicNodes: true, configUpdateMode: "none" });
    expect(specs(api)).toEqual(["default:block001", "default:block002"]);
    expect(api.requests.some(({ plural }) => plural === "configmaps")).toBe(false);
  });

  test("of no block are told so", async () => {
    const api = recordedKubernetes([...cluster, node("k3"), slurmd("p3", "k3", { label: "n3" })]);
    const leaf = vertex("a1", [vertex("i1", [], "n1"), vertex("i2", [], "n2"), vertex("i3", [], "n3")]);
    await run(api, { ...block, useDynamicNodes: true }, { shown: { ...graph, root: vertex("", [leaf]) } });
    expect(specs(api)).toEqual(["default:block001", "default:block002", "default:"]);
  });

  test("of several topologies are told all of them by name, without the flat ones", async () => {
    const api = recordedKubernetes(cluster);
    const nodes = ["n1", "n2"];
    const topologies = {
      t2: { plugin: "topology/block", nodes },
      t1: { plugin: "topology/tree", nodes },
      t3: { plugin: "topology/flat", nodes },
    };
    await run(api, { ...base, topologies, useDynamicNodes: true });
    expect(specs(api)).toEqual(["t1:c:r1:a1,t2:block1", "t1:c:r2:a2,t2:block2"]);
  });

  test("need no scontrol: no node of a partition is known, which only a flat topology can do without", async () => {
    const api = recordedKubernetes(cluster);
    const flat = { t1: { plugin: "topology/flat", partition: "p" } };
    await run(api, { ...base, useDynamicNodes: true, topologies: flat });
    expect(api.requests.some(({ verb }) => verb === "exec")).toBe(false);
    expect(written(api)).toContain("flat: true");
    const topologies = { t1: { plugin: "topology/tree", partition: "p" } };
    await expect(run(api, { ...base, useDynamicNodes: true, topologies })).rejects.toMatchObject({
      status: 400,
      message: 'topology "t1" specifies no nodes',
    });
  });

  test("without a slurmd pod are left alone, and a failed patch is a 502", async () => {
    const api = recordedKubernetes([...cluster, node("k3")]);
    api.fail({ verb: "patch", status: 403, message: "no luck" });
    await expect(run(api, { ...tree, useDynamicNodes: true })).rejects.toMatchObject({
      status: 502,
      message: "failed to patch node annotation: no luck",
    });
    expect(api.writes().some(({ name }) => name === "k3")).toBe(false);
  });

  test("are patched many at once", async () => {
    const count = 500;
    const objects = Array.from({ length: count }, (_, index) => [
      node(`k${index}`),
      slurmd(`p${index}`, `k${index}`, { label: `n${index}` }),
    ]).flat();
    const leaf = vertex(
      "leaf",
      Array.from({ length: count }, (_, index) => vertex(`i${index}`, [], `n${index}`)),
    );
    const api = recordedKubernetes(objects);
    await run(api, { ...tree, useDynamicNodes: true }, { shown: { root: vertex("", [leaf]) } });
    expect(api.writes().filter(({ verb }) => verb === "patch")).toHaveLength(count);
    expect(api.peakConcurrency).toBe(64);
  });
});

describe("a source label", () => {
  const label = "example.com/accelerator-domain";
  const params = { ...block, acceleratorDomainSourceLabel: label };
  const instance = { "topograph.run/instance": "i" };

  test("replaces the provider's domains; nodes without it are in no block", async () => {
    const api = recordedKubernetes([
      node("k1", { labels: { [label]: "clique-a" }, annotations: { "topograph.run/instance": "i1" } }),
      node("k2", { annotations: { "topograph.run/instance": "i2" } }),
      slurmd("p1", "k1", { label: "n1" }),
      slurmd("p2", "k2", { label: "n2" }),
    ]);
    await run(api, params);
    expect(written(api)).toBe("# block001=clique-a\nBlockName=block001 Nodes=n1\nBlockSizes=1\n");
  });

  test("counts for blocks alone", async () => {
    const api = recordedKubernetes(cluster);
    await run(api, { ...tree, acceleratorDomainSourceLabel: label });
    expect(api.requests.some(({ plural }) => plural === "nodes")).toBe(false);
  });

  test("that no selected Node could have is said", async () => {
    await expect(run(recordedKubernetes(), params)).rejects.toMatchObject({
      status: 502,
      message: "no selected Kubernetes nodes found; check engine nodeSelector",
    });
  });

  test("of which no domain comes is explained by what the Nodes lack", async () => {
    const many = Array.from({ length: 12 }, (_, index) => `k${String(index).padStart(2, "0")}`);
    const api = recordedKubernetes([
      node("no-pod", { labels: { [label]: "x" }, annotations: instance }),
      node("no-label", { annotations: instance }),
      slurmd("p", "no-label", { label: "n" }),
      ...many.flatMap((name) => [node(name, { labels: { [label]: "x" } }), slurmd(`p-${name}`, name, { label: name })]),
    ]);
    await expect(run(api, params)).rejects.toMatchObject({
      status: 502,
      message: `acceleratorDomainSourceLabel="${label}" produced no usable label-backed domains; check label "${label}" and annotation "topograph.run/instance". Scanned 14 node(s): 1 without a SLURM node mapping (no Ready slurmd pod), 1 missing the "${label}" label, 12 with the label but a missing/empty "topograph.run/instance" annotation (nodes missing annotation: ${many.slice(0, 10).join(", ")}, and 2 more)`,
    });
  });
});
