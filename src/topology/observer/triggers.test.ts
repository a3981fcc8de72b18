import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "../kubernetes-api.ts";
import type { ObserverConfig } from "./observer-config.ts";
import { brokerReadiness, triggersOf, type Trigger } from "./triggers.ts";

const nothing: ObserverConfig = {
  generateUrl: "http://localhost/v1/generate",
  trigger: { nodeSelector: new Map(), nodeLabels: [], nodeReadiness: false, podSelector: undefined },
  apiServer: { namespace: "", podSelector: undefined, containerName: "" },
  request: { provider: "test", creds: undefined, providerParams: undefined, engine: "k8s", engineParams: undefined },
  retryDelayMs: 1,
  broker: undefined,
};

function triggerOf(config: Partial<ObserverConfig>): Trigger {
  const [trigger] = triggersOf({ ...nothing, ...config });
  if (trigger === undefined) throw new Error("nothing is watched");
  return trigger;
}

const counts = (trigger: Trigger, before: KubernetesObject, after: KubernetesObject): boolean =>
  trigger.countsAsChanged(trigger.digest(before), trigger.digest(after));

test("what is watched is what the configuration names", () => {
  expect(triggersOf(nothing)).toEqual([]);
  const all = triggersOf({
    ...nothing,
    trigger: {
      nodeSelector: new Map([
        ["b", "2"],
        ["a", "1"],
      ]),
      nodeLabels: [],
      nodeReadiness: false,
      podSelector: "",
    },
    apiServer: { namespace: "topograph", podSelector: "app=api", containerName: "topograph" },
    broker: { name: "broker", namespace: "ns" },
  });
  expect(all.map(({ resource, selection }) => [resource.plural, selection])).toEqual([
    ["nodes", { labelSelector: "a=1,b=2" }],
    ["pods", {}],
    ["pods", { labelSelector: "app=api", namespace: "topograph" }],
    ["daemonsets", { namespace: "ns", fieldSelector: "metadata.name=broker" }],
  ]);
});

describe("a Node", () => {
  const trigger = { ...nothing.trigger, nodeLabels: ["rack"], nodeReadiness: true };
  const old = {
    metadata: { name: "a", labels: { rack: "r1" }, annotations: { "topograph.run/instance": "a" } },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  };
  const ready = (status: string, more: object = {}): object => ({
    status: { conditions: [{ type: "Ready", status, ...more }] },
  });

  test.each([
    ["another rack", { ...old, metadata: { ...old.metadata, labels: { rack: "r2" } } }, true],
    ["no rack", { ...old, metadata: { ...old.metadata, labels: {} } }, true],
    ["another label", { ...old, metadata: { ...old.metadata, labels: { rack: "r1", other: "x" } } }, false],
    ["not ready", { ...old, ...ready("False") }, true],
    ["readiness unknown", { ...old, ...ready("Unknown") }, true],
    ["a heartbeat", { ...old, ...ready("True", { lastHeartbeatTime: "now" }) }, false],
    ["being deleted", { ...old, metadata: { ...old.metadata, deletionTimestamp: "now" } }, true],
    [
      "another instance",
      { ...old, metadata: { ...old.metadata, annotations: { "topograph.run/instance": "b" } } },
      true,
    ],
    [
      "a region",
      {
        ...old,
        metadata: { ...old.metadata, annotations: { ...old.metadata.annotations, "topograph.run/region": "r" } },
      },
      true,
    ],
    [
      "another annotation",
      { ...old, metadata: { ...old.metadata, annotations: { ...old.metadata.annotations, other: "x" } } },
      false,
    ],
    ["cordoned", { ...old, spec: { unschedulable: true } }, false],
  ])("that changes: %s", (what, changed, expected) => {
    expect(counts(triggerOf({ trigger }), old, changed)).toBe(expected);
    const isReadiness = what === "not ready" || what === "readiness unknown";
    expect(counts(triggerOf({ trigger: { ...trigger, nodeReadiness: false } }), old, changed)).toBe(
      expected && !isReadiness,
    );
    expect(counts(triggerOf({ trigger: { ...trigger, nodeLabels: [] } }), old, changed)).toBe(isReadiness);
    const selected = { ...nothing.trigger, nodeSelector: new Map([["a", "b"]]) };
    expect(counts(triggerOf({ trigger: selected }), old, changed)).toBe(false);
  });

  test("that appears counts", () => {
    expect(triggerOf({ trigger }).countsAsNew(triggerOf({ trigger }).digest(old))).toBe(true);
  });
});

describe("a pod", () => {
  const trigger = triggerOf({ trigger: { ...nothing.trigger, podSelector: "app=slurmd" } });
  const pod = (status: string): KubernetesObject => ({ status: { conditions: [{ type: "Ready", status }] } });

  test("counts when it comes ready, becomes ready or ceases to be", () => {
    expect(trigger.countsAsNew(trigger.digest(pod("True")))).toBe(true);
    expect(trigger.countsAsNew(trigger.digest(pod("False")))).toBe(false);
    expect(counts(trigger, pod("False"), pod("True"))).toBe(true);
    expect(counts(trigger, pod("True"), pod("False"))).toBe(true);
    expect(counts(trigger, pod("True"), pod("True"))).toBe(false);
  });
});

describe("a pod of the API server", () => {
  const api = triggerOf({ apiServer: { namespace: "", podSelector: "app=api", containerName: "topograph" } });
  const any = triggerOf({ apiServer: { namespace: "", podSelector: "app=api", containerName: "" } });
  const pod = (
    restartCount: number,
    { name = "topograph", ready = true, isRunning = true } = {},
  ): KubernetesObject => ({
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [{ name, ready, restartCount, state: isRunning ? { running: {} } : { waiting: {} } }],
    },
  });

  test("counts when it is ready, and again when its container has started anew", () => {
    expect(api.countsAsNew(api.digest(pod(0)))).toBe(true);
    expect(api.countsAsNew(api.digest(pod(0, { ready: false })))).toBe(false);
    expect(api.countsAsNew(api.digest(pod(0, { isRunning: false })))).toBe(false);
    expect(api.countsAsNew(api.digest(pod(0, { name: "sidecar" })))).toBe(false);
    expect(counts(api, pod(0), pod(1))).toBe(true);
    expect(counts(api, pod(1), pod(1))).toBe(false);
    expect(counts(api, pod(9, { ready: false }), pod(9))).toBe(true);
    expect(counts(api, pod(0), pod(0, { ready: false }))).toBe(false);
  });

  test("may have any container where none is named", () => {
    expect(any.countsAsNew(any.digest(pod(0, { name: "sidecar" })))).toBe(true);
    expect(any.countsAsNew(any.digest({ status: { conditions: [{ type: "Ready", status: "True" }] } }))).toBe(true);
    expect(any.countsAsNew(any.digest(pod(0, { ready: false })))).toBe(false);
  });
});

describe("the brokers", () => {
  const trigger = triggerOf({ broker: { name: "b", namespace: "ns" } });
  const set = (desiredNumberScheduled: number, numberReady: number): KubernetesObject => ({
    status: { desiredNumberScheduled, numberReady },
  });

  test("count when they become ready or are to be on more nodes", () => {
    expect(counts(trigger, set(2, 1), set(2, 2))).toBe(true);
    expect(counts(trigger, set(2, 2), set(3, 2))).toBe(true);
    expect(counts(trigger, set(3, 1), set(3, 2))).toBe(false);
  });

  test("are ready on all nodes that they are for, and never on none", () => {
    expect(brokerReadiness(set(2, 2))).toEqual({ desired: 2, ready: true });
    expect(brokerReadiness(set(2, 1))).toEqual({ desired: 2, ready: false });
    expect(brokerReadiness(set(0, 0))).toEqual({ desired: 0, ready: false });
    expect(brokerReadiness({})).toEqual({ desired: 0, ready: false });
  });
});
