import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactWords } from "../../../test/exact-words.ts";
import { recordingHost } from "../../../test/recording-host.ts";
import { layoutTree } from "../graph/layout-tree.ts";
import type { ComputeInstances } from "../graph/topology-graph.ts";
import type { KubernetesApi, KubernetesObject } from "../kubernetes-api.ts";
import { recordedKubernetes } from "../kubernetes/recorded-kubernetes.ts";
import { labelValueProblems } from "../names/label-syntax.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { renderTree } from "../render/tree.ts";
import { kubernetes, kubernetesGraph, readKubernetesParams, switchId } from "./kubernetes.ts";

const { signal } = new AbortController();

describe("Nodes of Kubernetes", () => {
  test("stand where their labels say, under switches that are told apart by all labels above", async () => {
    const nodes = [
      node("a", { rack: "rack-1", zone: "east" }, { annotations: { "topograph.run/instance": "instance-a" } }),
      node("b", { rack: "rack-1", zone: "east" }),
      node("c", { rack: "rack-1", zone: "west" }),
    ];
    const instances = requestOf({ "instance-a": "slurm-a", b: "slurm-b", c: "slurm-c" });
    const { tree } = await treeOf(nodes, { topologyLabels: ["rack", "zone"] }, instances);
    // The ends are the first 16 bytes of sha256 of "rack-1/east" and "rack-1/west".
    expect(tree).toBe(
      [
        "SwitchName=east Switches=rack-1-26960ebb8d5d3c9f0dd3119bd9819ac9",
        "SwitchName=west Switches=rack-1-1936f1b8c2b5244455e723b7f6d3f286",
        "SwitchName=rack-1-26960ebb8d5d3c9f0dd3119bd9819ac9 Nodes=slurm-a,slurm-b",
        "SwitchName=rack-1-1936f1b8c2b5244455e723b7f6d3f286 Nodes=slurm-c",
        "",
      ].join("\n"),
    );
    expect((await treeOf(nodes, { topologyLabels: ["rack"] }, instances)).tree).toBe(
      "SwitchName=rack-1 Nodes=slurm-a,slurm-b,slurm-c\n",
    );
  });

  test("are only those that are selected, requested and not about to go", async () => {
    const nodes = [
      node("a", { rack: "r1", pool: "selected" }),
      node("b", { rack: "r1", pool: "selected" }, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      node("c", { rack: "r1", pool: "other" }),
      node("d", { rack: "r1", pool: "selected" }),
    ];
    const params = { topologyLabels: ["rack"], nodeSelector: { pool: "selected" } };
    const { tree, requests } = await treeOf(nodes, params, requestOf({ a: "a", b: "b", c: "c", gone: "gone" }));
    expect(tree).toBe("SwitchName=r1 Nodes=a\n");
    expect(requests).toMatchObject([{ verb: "list", plural: "nodes", labelSelector: "pool=selected" }]);
  });

  test("that are not ready count, unless readiness is required", async () => {
    const nodes = [
      node("a", { rack: "r1" }),
      node("b", { rack: "r1" }, { ready: "False" }),
      node("c", { rack: "r1" }, { ready: "Unknown" }),
    ];
    const instances = requestOf({ a: "a", b: "b", c: "c" });
    expect((await treeOf(nodes, { topologyLabels: ["rack"] }, instances)).tree).toBe("SwitchName=r1 Nodes=a,b,c\n");
    expect((await treeOf(nodes, { topologyLabels: ["rack"], requireReady: true }, instances)).tree).toBe(
      "SwitchName=r1 Nodes=a\n",
    );
  });

  test.each(["", "not/a/value", " value ", "x".repeat(64)])(
    "with the label %j are left out, and told",
    async (rack) => {
      const [nodes, odd] = [[node("a", { rack: "r1" })], [node("b", { rack })]];
      const { tree, log } = await treeOf(nodes, { topologyLabels: ["rack"] }, requestOf({ a: "a", b: "b" }), odd);
      expect(tree).toBe("SwitchName=r1 Nodes=a\n");
      expect(log).toEqual([`warning: node "b" has missing or invalid topology label "rack": "${rack}"`]);
    },
  );

  test("without a label fail the request where that is wanted", async () => {
    const params = { topologyLabels: ["rack"], onMissingLabel: "fail" };
    await expect(treeOf([node("a", {})], params, requestOf({ a: "a" }))).rejects.toMatchObject({
      status: 400,
      message: 'node "a" has missing or invalid topology label "rack": ""',
    });
  });

  test("of which none is left keep what was written before", async () => {
    await expect(treeOf([node("a", {})], { topologyLabels: ["rack"] }, requestOf({ a: "a" }))).rejects.toMatchObject({
      status: 503,
      message: "no requested nodes have usable topology; preserving the last successful output",
    });
    expect((await treeOf([node("a", {})], { topologyLabels: ["rack"] }, [])).tree).toBe("");
  });

  test("that cannot be listed are worth another attempt", async () => {
    const api = recordedKubernetes();
    api.fail({ status: 500, message: "api unavailable" });
    await expect(open(api).then((provider) => provider.graph({ instances: [] }, signal))).rejects.toMatchObject({
      status: 502,
      message: "failed to list node in the cluster: api unavailable",
    });
  });

  test("are waited for no longer than half a minute, and no longer than wanted", async () => {
    const silent: KubernetesApi = {
      ...recordedKubernetes(),
      list: (_resource, _selection, listSignal) =>
        new Promise((_resolve, reject) => {
          listSignal.addEventListener("abort", () => reject(listSignal.reason), { once: true });
        }),
    };
    const params = readKubernetesParams(toParamMap({ topologyLabels: ["rack"] }));
    await expect(
      kubernetesGraph(silent, params, [], recordingHost(), signal, { listDeadlineMs: 20 }),
    ).rejects.toMatchObject({
      status: 502,
      message: "failed to list node in the cluster: context deadline exceeded",
    });
    const reason = new Error("no longer wanted");
    const controller = new AbortController();
    const asked = kubernetesGraph(silent, params, [], recordingHost(), controller.signal);
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });

  test.each([
    [{}, "topologyLabels must contain at least one label key, closest tier first"],
    [{ topologyLabels: [] }, "topologyLabels must contain at least one label key, closest tier first"],
    [{ topologyLabels: "rack" }, "topologyLabels must be a list of strings"],
    [{ topologyLabels: [1] }, "topologyLabels must be a list of strings"],
    [{ topologyLabels: [null] }, "topologyLabels must be a list of strings"],
    [{ topologyLabels: [""] }, /^topologyLabels "" is not a valid Kubernetes label key: name part must be non-empty; /],
    [{ topologyLabels: ["not/a/key"] }, /^topologyLabels "not\/a\/key" is not a valid Kubernetes label key: /],
    [{ topologyLabels: ["rack", "rack"] }, 'duplicate topologyLabels key "rack"'],
    [{ topologyLabels: ["rack"], onMissingLabel: "ignore" }, "onMissingLabel must be skip or fail"],
    [
      { topologyLabels: ["rack"], nodeSelector: { pool: "bad/value" } },
      /^invalid nodeSelector value for "pool": a valid label must be /,
    ],
    [
      { topologyLabels: ["rack"], nodeSelector: { "a/b/c": "v" } },
      /^nodeSelector "a\/b\/c" is not a valid Kubernetes label key: /,
    ],
    [
      { topologyLabels: ["rack"], requireReady: "bad" },
      /^could not decode configuration: 1 error\(s\) decoding:\n\n\* error decoding 'requireReady': invalid bool "bad"$/,
    ],
  ])("cannot be asked for with %j", async (params, message) => {
    await expect(open(recordedKubernetes(), params)).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(exactWords(message)),
    });
  });
});

describe("the id of a switch", () => {
  test("is the label itself at the top", () => {
    expect(switchId(["east"])).toBe("east");
  });

  test("is a legal label that depends on all labels above", () => {
    const label = fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
    fc.assert(
      fc.property(fc.array(label, { minLength: 2, maxLength: 4 }), label, (values, other) => {
        const id = switchId(values);
        expect(labelValueProblems(id)).toEqual([]);
        const [own = "", ...above] = values;
        fc.pre(above[0] !== other);
        expect(switchId([own, other, ...above.slice(1)])).not.toBe(id);
      }),
    );
  });

  test("does not end a long label in a sign", () => {
    expect(switchId([`${"r".repeat(29)}-${"x".repeat(33)}`, "east"])).toMatch(/^r{29}-[0-9a-f]{32}$/);
  });
});

function node(
  name: string,
  labels: Readonly<Record<string, string>>,
  {
    ready = "True",
    ...metadata
  }: {
    readonly ready?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  } = {},
): KubernetesObject {
  return {
    kind: "Node",
    metadata: { name, labels, ...metadata },
    status: { conditions: [{ type: "Ready", status: ready }] },
  };
}

function requestOf(instances: Readonly<Record<string, string>>): readonly ComputeInstances[] {
  return [{ region: "local", instances: new Map(Object.entries(instances)) }];
}

function open(
  api: KubernetesApi,
  params: Readonly<Record<string, unknown>> = { topologyLabels: ["rack"] },
): ReturnType<typeof kubernetes.open> {
  const host = recordingHost({ kubernetes: async () => api });
  return kubernetes.open({ params: toParamMap(params), creds: new Map() }, host, signal);
}

async function treeOf(
  nodes: readonly KubernetesObject[],
  params: Readonly<Record<string, unknown>>,
  instances: readonly ComputeInstances[],
  /** Nodes that a server would not keep. */
  odd: readonly KubernetesObject[] = [],
): Promise<{ readonly tree: string; readonly log: readonly string[]; readonly requests: readonly unknown[] }> {
  const recorded = recordedKubernetes(nodes);
  const api: KubernetesApi = { ...recorded, list: async (...asked) => [...(await recorded.list(...asked)), ...odd] };
  const host = recordingHost({ kubernetes: async () => api });
  const provider = await kubernetes.open({ params: toParamMap(params), creds: new Map() }, host, signal);
  const graph = await provider.graph({ instances }, signal);
  expect(host.recorded.metrics).toEqual([]);
  return { tree: renderTree(layoutTree(graph)), log: host.recorded.log, requests: recorded.requests };
}
