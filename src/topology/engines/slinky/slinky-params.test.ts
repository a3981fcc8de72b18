import { describe, expect, test } from "vitest";
import { recordedHost } from "../../kubernetes/recorded-host.ts";
import { recordedKubernetes } from "../../kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import type { Provider } from "../../provider.ts";
import { base, run, tree } from "../../../../test/recorded-slinky.ts";
import { slinkyEngine } from "./slinky-engine.ts";

const { signal } = new AbortController();
const provider: Provider = { graph: () => Promise.reject(new Error("not asked")) };

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
      { ...base, podSelector: { matchExpressions: [{ operator: "BAD" }] } },
      '"BAD" is not a valid label selector operator',
    ],
    [
      { ...base, podSelector: { matchExpressions: [{ key: "a", operator: "In" }] } },
      "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
    ],
    [
      { ...base, podSelector: { matchLabels: { "/app": "slurmd" } } },
      'key: Invalid value: "/app": prefix part must be non-empty',
    ],
    [
      { ...base, podSelector: { matchExpressions: [{ key: "a", operator: "In", values: ["b", "c".repeat(64)] }] } },
      `values[1][a]: Invalid value: "${"c".repeat(64)}": must be no more than 63 characters`,
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
