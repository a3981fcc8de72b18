import { describe, expect, test } from "vitest";
import { node, provider, run, signal, tree, vertex } from "../../../test/labelled-nodes.ts";
import type { KubernetesObject } from "../kubernetes-api.ts";
import { recordedHost } from "../kubernetes/recorded-host.ts";
import { recordedKubernetes } from "../kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { k8sEngine } from "./k8s.ts";

describe("Nodes", () => {
  const annotated = (name: string, instance: string, region: string): KubernetesObject =>
    node(name, { gpu: "yes" }, { "topograph.run/instance": instance, "topograph.run/region": region });

  test("are found by their annotations, by region, and those without are passed over with a warning", async () => {
    const api = recordedKubernetes([
      annotated("n1", "i1", "r1"),
      annotated("n2", "i2", "r2"),
      annotated("n3", "i3", "r1"),
      node("n4", { gpu: "yes" }, { "topograph.run/region": "r1" }),
      node("n5", { gpu: "yes" }, { "topograph.run/instance": "i5" }),
      node("n6"),
    ]);
    const host = recordedHost(api);
    const engine = await k8sEngine.open(toParamMap({ nodeSelector: { gpu: "yes" } }), host, signal);
    expect(await engine.resolve([], provider, signal)).toEqual([
      {
        region: "r1",
        instances: new Map([
          ["i1", "n1"],
          ["i3", "n3"],
        ]),
      },
      { region: "r2", instances: new Map([["i2", "n2"]]) },
    ]);
    expect(host.lines).toEqual([
      'warning: missing "topograph.run/instance" annotation in node n4',
      'warning: missing "topograph.run/region" annotation in node n5',
    ]);
    expect(api.requests).toEqual([{ verb: "list", plural: "nodes", labelSelector: "gpu=yes" }]);
  });

  test("are selected by labels in the order in which Kubernetes' own client writes them", async () => {
    const api = recordedKubernetes();
    const engine = await k8sEngine.open(
      toParamMap({ nodeSelector: { b: "1", a: "2", "a-b": "3" } }),
      recordedHost(api),
      signal,
    );
    await engine.resolve([], provider, signal);
    expect(api.requests).toEqual([{ verb: "list", plural: "nodes", labelSelector: "a-b=3,a=2,b=1" }]);
  });

  test("that the request names and the list lacks are fetched one by one, and passed over where they are not selected", async () => {
    const api = recordedKubernetes([node("n1", { gpu: "yes" }), node("n2")]);
    const given = [
      {
        region: "r",
        instances: new Map([
          ["i1", "n1"],
          ["i2", "n2"],
        ]),
      },
    ];
    const host = recordedHost(api);
    await run(api, tree, { nodeSelector: { gpu: "yes" } }, { given, host });
    expect(api.requests.filter(({ verb }) => verb === "get")).toEqual([{ verb: "get", plural: "nodes", name: "n2" }]);
    expect(api.writes().map(({ name }) => name)).toEqual(["n1"]);
    expect(host.lines).toEqual([
      'warning: Skipping topology labels for node "n3" because it is not part of the resolved compute instances',
      'warning: Skipping topology labels for node "n2" because it does not match the engine nodeSelector',
    ]);
  });

  test("that do not exist end the request", async () => {
    await expect(run(recordedKubernetes([node("n1"), node("n2")]), tree)).rejects.toMatchObject({
      status: 502,
      message: 'node "n3" was not found in Kubernetes',
    });
  });

  test("are labelled without a look for instances before", async () => {
    const api = recordedKubernetes([node("n1"), node("n2"), node("n3")]);
    const engine = await k8sEngine.open(new Map(), recordedHost(api), signal);
    await engine.output(tree, signal);
    expect(api.writes()).toHaveLength(3);
  });

  test("ten thousand of them are not ten thousand waits", async () => {
    const count = 10_000;
    const nodes = Array.from({ length: count }, (_, index) => node(`n${index}`));
    const leaf = vertex(
      "leaf",
      nodes.map((_, index) => vertex(`i${index}`, [], `n${index}`)),
    );
    const api = recordedKubernetes(nodes);
    const engine = await k8sEngine.open(new Map(), recordedHost(api), signal);
    await engine.output({ root: vertex("", [leaf]) }, signal);
    expect(api.writes()).toHaveLength(count);
    expect(api.peakConcurrency).toBe(64);
  });
});

test.each([
  ["list", "failed to list node in the cluster: no luck"],
  ["patch", 'failed to patch topology labels on node "n1": no luck'],
] as const)("a failure of %s is a 502 with the server's words", async (verb, message) => {
  const api = recordedKubernetes([node("n1"), node("n2"), node("n3")]);
  api.fail({ verb, status: 500, message: "no luck" });
  await expect(run(api, tree)).rejects.toMatchObject({ status: 502, message });
});

test("after a patch has failed no others are begun", async () => {
  const nodes = Array.from({ length: 1000 }, (_, index) => node(`n${index}`));
  const leaf = vertex(
    "leaf",
    nodes.map((_, index) => vertex(`i${index}`, [], `n${index}`)),
  );
  const api = recordedKubernetes(nodes);
  api.fail({ verb: "patch", status: 403, message: "forbidden" });
  const engine = await k8sEngine.open(new Map(), recordedHost(api), signal);
  await expect(engine.output({ root: vertex("", [leaf]) }, signal)).rejects.toMatchObject({ status: 502 });
  expect(api.writes().length).toBeLessThanOrEqual(64);
});

test("an aborted request ends as such", async () => {
  const stop = new AbortController();
  const api = recordedKubernetes([node("n1")]);
  const engine = await k8sEngine.open(new Map(), recordedHost(api), stop.signal);
  const output = engine.output(tree, stop.signal);
  stop.abort(new Error("enough"));
  await expect(output).rejects.toThrow("enough");
});

describe("parameters", () => {
  const opened = (params: Record<string, unknown>): Promise<unknown> =>
    k8sEngine.open(toParamMap(params), recordedHost(recordedKubernetes()), signal);

  test.each([
    [
      { acceleratorLabel: "a", acceleratorDomainSourceLabel: "b" },
      "engine parameters acceleratorLabel and acceleratorDomainSourceLabel cannot be set together",
    ],
    [
      { acceleratorDomainSourceLabel: "not a label" },
      /: acceleratorDomainSourceLabel "not a label" is not a valid Kubernetes label key: name part must consist/,
    ],
    [{ fabricLabels: ["ok", "no no"] }, /: fabricLabels\[1\] "no no" is not a valid Kubernetes label key: /],
    [
      { fabricLabels: [""] },
      /: fabricLabels\[0\] "" is not a valid Kubernetes label key: name part must be non-empty; /,
    ],
    [{ acceleratorLabel: "-" }, /: acceleratorLabel "-" is not a valid Kubernetes label key: /],
    [
      { fabricLabels: ["x/a", "x/a"] },
      'topology label key "x/a" is configured for both fabricLabels[0] and fabricLabels[1]',
    ],
    [
      { fabricLabels: ["accelerator.topograph.run/domain"] },
      'topology label key "accelerator.topograph.run/domain" is configured for both fabricLabels[0] and acceleratorLabel',
    ],
    [
      { acceleratorLabel: "accelerator.topograph.run/sub-domain" },
      'topology label key "accelerator.topograph.run/sub-domain" is configured for both acceleratorLabel and xclrSubDomainLabel',
    ],
  ])("%j are refused", async (params, message) => {
    const failure: unknown = await opened(params).catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 400 });
    expect(String(failure)).toMatch(message);
  });

  test("that cannot be decoded are refused", async () => {
    await expect(opened({ nodeSelector: 1.5 })).rejects.toMatchObject({
      status: 400,
      message: "could not decode configuration: 1 error(s) decoding:\n\n* 'nodeSelector' expected a map, got 'float64'",
    });
  });
});
