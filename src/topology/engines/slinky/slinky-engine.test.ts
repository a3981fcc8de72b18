import { describe, expect, test } from "vitest";
import type { ComputeInstances } from "../../graph/topology-graph.ts";
import type { KubernetesObject } from "../../kubernetes-api.ts";
import { recordedHost, type RecordedHost } from "../../kubernetes/recorded-host.ts";
import { recordedKubernetes, type RecordedKubernetes } from "../../kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import type { Provider } from "../../provider.ts";
import { base, block, cluster, node, run, slurmd, tree, treeText, written } from "../../../../test/recorded-slinky.ts";
import { slinkyEngine } from "./slinky-engine.ts";

const { signal } = new AbortController();
const provider: Provider = { graph: () => Promise.reject(new Error("not asked")) };

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

  test("as a skeleton of roots has of a tree the first switches alone, and blocks without nodes", async () => {
    const api = recordedKubernetes();
    await run(api, { ...tree, configUpdateMode: "skeleton-roots" });
    expect(written(api)).toBe("SwitchName=c\n");
    await run(api, { ...block, configUpdateMode: "skeleton-roots" });
    expect(written(api)).toBe("# block001=d1\nBlockName=block001\n# block002=d2\nBlockName=block002\nBlockSizes=1,2\n");
    const topologies = { t1: { plugin: "topology/tree", nodes: ["n1"] } };
    await run(api, { ...base, configUpdateMode: "skeleton-roots", topologies });
    expect(written(api)).toBe(
      "- topology: t1\n  cluster_default: false\n  tree:\n    switches:\n        - switch: c\n",
    );
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
