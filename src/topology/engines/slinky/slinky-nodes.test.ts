import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "../../kubernetes-api.ts";
import { recordedKubernetes, type RecordedKubernetes } from "../../kubernetes/recorded-kubernetes.ts";
import {
  base,
  block,
  cluster,
  component,
  graph,
  node,
  run,
  slurmd,
  specAnnotation,
  tree,
  vertex,
  written,
} from "../../../../test/recorded-slinky.ts";

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
