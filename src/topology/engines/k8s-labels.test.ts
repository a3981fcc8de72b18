import { describe, expect, test } from "vitest";
import { domains, longId, node, patches, run, tree, vertex } from "../../../test/labelled-nodes.ts";
import { recordedKubernetes } from "../kubernetes/recorded-kubernetes.ts";

describe("labels", () => {
  test("say the switches above each node, closest first, in one list and one patch per node", async () => {
    const api = recordedKubernetes([node("n1"), node("n2"), node("n3")]);
    expect(await run(api, tree)).toBe("OK\n");
    const tiers = (...ids: string[]): unknown => ({
      metadata: { labels: Object.fromEntries(ids.map((id, tier) => [`fabric.topograph.run/tier-${tier}`, id])) },
    });
    expect(patches(api)).toEqual([
      ["n1", "strategic-merge", tiers("l1", "s", "c")],
      ["n2", "strategic-merge", tiers("l2", "s", "c")],
      ["n3", "strategic-merge", tiers("no-topology")],
    ]);
    expect(api.requests.filter(({ verb }) => verb !== "patch")).toEqual([{ verb: "list", plural: "nodes" }]);
  });

  test("are not written again by a second, identical run", async () => {
    const api = recordedKubernetes([node("n1"), node("n2"), node("n3")]);
    await run(api, tree);
    api.forget();
    await run(api, tree);
    expect(api.writes()).toEqual([]);
  });

  test("of ours that are stale are set to null, and only what changed is sent", async () => {
    const current = {
      "accelerator.topograph.run/domain": "old",
      "fabric.topograph.run/tier-0": "l1",
      "fabric.topograph.run/tier-9": "old",
      "fabric.topograph.run/tier-x": "not ours",
      other: "kept",
    };
    const api = recordedKubernetes([node("n1", { ...current, "fabric.topograph.run/tier-x": "not-ours" })]);
    const graph = { root: vertex("", [vertex("r1", [vertex("l1", [vertex("i1", [], "n1")])])]) };
    await run(api, graph);
    expect(JSON.stringify(api.writes()[0]?.body)).toBe(
      '{"metadata":{"labels":{"accelerator.topograph.run/domain":null,"fabric.topograph.run/tier-1":"r1","fabric.topograph.run/tier-9":null}}}',
    );
    expect(api.objects("Node")[0]?.metadata?.labels).toEqual({
      "fabric.topograph.run/tier-0": "l1",
      "fabric.topograph.run/tier-1": "r1",
      "fabric.topograph.run/tier-x": "not-ours",
      other: "kept",
    });
  });

  test("with values of more than 63 characters have x and their hash", async () => {
    const api = recordedKubernetes([node("n1")]);
    await run(api, { root: vertex("", [vertex(longId, [vertex("i1", [], "n1")])]) });
    expect(api.objects("Node")[0]?.metadata?.labels).toEqual({ "fabric.topograph.run/tier-0": "xf946c4acef2d5939" });
  });

  test("count bytes, not characters, up to the limit", async () => {
    const api = recordedKubernetes([node("n1"), node("n2")]);
    const exactly = "x".repeat(63);
    const wide = "ü".repeat(32);
    const graph = {
      root: vertex("", [vertex(exactly, [vertex("i1", [], "n1")]), vertex(wide, [vertex("i2", [], "n2")])]),
    };
    await run(api, graph);
    const values = api.objects("Node").map(({ metadata }) => metadata?.labels?.["fabric.topograph.run/tier-0"]);
    expect(values).toEqual([exactly, expect.stringMatching(/^x[0-9a-f]{1,16}$/)]);
  });

  test("are sent as they are where the API server will refuse them, whose words come back", async () => {
    const api = recordedKubernetes([node("n1")]);
    await expect(run(api, { root: vertex("", [vertex("a/b", [vertex("i1", [], "n1")])]) })).rejects.toMatchObject({
      status: 502,
      message:
        'failed to patch topology labels on node "n1": Node "n1" is invalid: metadata.labels: Invalid value: "a/b"',
    });
    expect(api.writes()[0]?.body).toEqual({ metadata: { labels: { "fabric.topograph.run/tier-0": "a/b" } } });
  });

  test("have names of their own, and fewer names than tiers leave tiers out", async () => {
    const api = recordedKubernetes([node("n1"), node("n2"), node("n3")]);
    await run(api, tree, { fabricLabels: ["example.com/leaf", "example.com/spine"] });
    expect(api.objects("Node")[0]?.metadata?.labels).toEqual({ "example.com/leaf": "l1", "example.com/spine": "s" });
  });

  test("say the accelerator domain and its part", async () => {
    const api = recordedKubernetes([node("n1"), node("n2")]);
    await run(api, {
      domains: domains(
        { domain: "d", subDomain: "d.r1", instanceId: "i1", nodeName: "n1" },
        { domain: "d", instanceId: "i2", nodeName: "n2" },
      ),
    });
    expect(api.objects("Node").map(({ metadata }) => metadata?.labels)).toEqual([
      { "accelerator.topograph.run/domain": "d", "accelerator.topograph.run/sub-domain": "d.r1" },
      { "accelerator.topograph.run/domain": "d" },
    ]);
  });

  test("a name of one's own for the domain takes the standard one's place; the part keeps its name", async () => {
    const api = recordedKubernetes([node("n1", { "accelerator.topograph.run/domain": "old" })]);
    await run(
      api,
      { domains: domains({ domain: "d", subDomain: "d.r1", instanceId: "i1", nodeName: "n1" }) },
      { acceleratorLabel: "example.com/nvl" },
    );
    expect(api.objects("Node")[0]?.metadata?.labels).toEqual({
      "example.com/nvl": "d",
      "accelerator.topograph.run/sub-domain": "d.r1",
    });
  });

  test("a Node that says its domain itself keeps that word, and loses ours; others get the provider's", async () => {
    const ours = { "accelerator.topograph.run/domain": "d", "accelerator.topograph.run/sub-domain": "d.r1" };
    const api = recordedKubernetes([
      node("n1", { ...ours, "example.com/nvl": "own" }),
      node("n2", { "example.com/nvl": "" }),
    ]);
    const graph = {
      domains: domains(
        { domain: "d", subDomain: "d.r1", instanceId: "i1", nodeName: "n1" },
        { domain: "d", subDomain: "d.r1", instanceId: "i2", nodeName: "n2" },
      ),
    };
    await run(api, graph, { acceleratorDomainSourceLabel: "example.com/nvl" });
    expect(api.objects("Node").map(({ metadata }) => metadata?.labels)).toEqual([
      { "example.com/nvl": "own" },
      { "example.com/nvl": "", ...ours },
    ]);
  });

  test("a node in two domains is refused", async () => {
    const graph = {
      domains: domains(
        { domain: "d2", instanceId: "i1", nodeName: "n1" },
        { domain: "d1", instanceId: "i1", nodeName: "n1" },
      ),
    };
    await expect(run(recordedKubernetes([node("n1")]), graph)).rejects.toMatchObject({
      status: 502,
      message: "multiple accelerator labels d1, d2 for node n1",
    });
  });
});
