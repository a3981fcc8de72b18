import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createLocalRunner } from "../../remote/local-runner.ts";
import { buildGraph } from "../graph/build-graph.ts";
import type { GraphInstance, TopologyGraph } from "../graph/topology-graph.ts";
import { recordedHost } from "../kubernetes/recorded-host.ts";
import { recordedKubernetes } from "../kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { TopologyError } from "../topology-error.ts";
import { graphEngine } from "./graph.ts";

const { signal } = new AbortController();
const host = { ...recordedHost(recordedKubernetes([])), runner: createLocalRunner({ env: {} }) };

function open(params: Record<string, unknown> = {}) {
  return graphEngine.open(toParamMap(params), host, signal);
}

async function documentOf(...instances: readonly GraphInstance[]): Promise<string> {
  const graph: TopologyGraph = { instances: new Map(instances.map((instance) => [instance.id, instance])) };
  return (await open()).output(graph, signal);
}

describe("the document", () => {
  test("is compact, has no newline, and tells switches closest first", async () => {
    expect(await documentOf({ id: "n1", networkLayers: ["l1", "core"], labels: { b: "2", a: "1" } })).toBe(
      '{"instances":[{"id":"n1","network_layers":["l1","core"],"labels":{"a":"1","b":"2"}}]}',
    );
  });

  test("has instances in the order of their ids' bytes, and labels in that of theirs", async () => {
    const named = (id: string): GraphInstance => ({
      id,
      networkLayers: [],
      labels: { "\u{1f600}": "", "\u{ff5e}": "", Z: "" },
    });
    expect(await documentOf(named("\u{1f600}"), named("n2"), named("n10"), named("\u{ff5e}"))).toBe(
      `{"instances":[${["n10", "n2", "\u{ff5e}", "\u{1f600}"]
        .map((id) => `{"id":"${id}","network_layers":[],"labels":{"Z":"","\u{ff5e}":"","\u{1f600}":""}}`)
        .join(",")}]}`,
    );
  });

  test("escapes as Go does", async () => {
    expect(await documentOf({ id: "<a>&\u2028", networkLayers: ['"\\\u0001'], labels: { "\n": "/é" } })).toBe(
      String.raw`{"instances":[{"id":"\u003ca\u003e\u0026\u2028","network_layers":["\"\\\u0001"],"labels":{"\n":"/é"}}]}`,
    );
  });

  test("says [] for an instance without switches, null for layers that are not known, and nothing of labels that are not there", async () => {
    expect(await documentOf({ id: "a", networkLayers: [], labels: {} })).toBe(
      '{"instances":[{"id":"a","network_layers":[]}]}',
    );
    expect(await documentOf({ id: "a", networkLayers: null, labels: {} })).toBe(
      '{"instances":[{"id":"a","network_layers":null}]}',
    );
  });

  test("is empty where no provider knows of instances", async () => {
    expect(await (await open()).output({}, signal)).toBe('{"instances":[]}');
  });

  test("has the domains, the names that are shown and the tiers that are left of a graph", async () => {
    const graph = buildGraph(
      [{ instanceId: "n1", tiers: ["l", "s", "c"], domain: "D1", subDomain: "D1.r1", labels: { x: "y" } }],
      [{ region: "r", instances: new Map([["n1", "n1"]]) }],
      { trimTiers: 1, normalise: true },
    );
    expect(await (await open()).output(graph, signal)).toBe(
      '{"instances":[{"id":"n1","network_layers":["switch.1.1","switch.2.1"],"labels":{"accelerator.topograph.run/domain":"D1","accelerator.topograph.run/sub-domain":"D1.r1","x":"y"}}]}',
    );
  });
});

describe("topologyConfigPath", () => {
  test("is the file that takes the document; the answer is OK", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-graph-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "graph.json");
    const engine = await open({ TopologyConfigPath: path });
    expect(await engine.output({}, signal)).toBe("OK\n");
    expect(readFileSync(path, "utf8")).toBe('{"instances":[]}');
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  test("in a folder that there is not is refused", async () => {
    const path = join(tmpdir(), "there is no such folder", "graph.json");
    await expect((await open({ topologyConfigPath: path })).output({}, signal)).rejects.toThrow(
      new TopologyError(500, `failed to create "${path}": open ${path}: no such file or directory`),
    );
  });

  test("makes the output leave more than its answer", () => {
    expect(graphEngine.answersOnly?.(toParamMap({}))).toBe(true);
    expect(graphEngine.answersOnly?.(toParamMap({ topologyConfigPath: "" }))).toBe(true);
    expect(graphEngine.answersOnly?.(toParamMap({ topologyConfigPath: "/x" }))).toBe(false);
  });
});

test("instances are those that are given; the engine finds none itself", async () => {
  const engine = await open();
  const provider = { graph: () => Promise.resolve({}) };
  const given = [{ region: "r", instances: new Map([["i", "n"]]) }];
  expect(await engine.resolve(given, provider, signal)).toBe(given);
  await expect(engine.resolve([], provider, signal)).rejects.toThrow(
    new TopologyError(
      400,
      "graph engine requires nodes in the request or a provider that can supply compute instances",
    ),
  );
});
