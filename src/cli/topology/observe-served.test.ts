import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { openTopology } from "../../gateway/topology/open-topology.ts";
import { openTopologyServer } from "../../gateway/topology/topology-server.ts";
import { systemClock } from "../../jobs/clock.ts";
import { recordedKubernetes } from "../../topology/kubernetes/recorded-kubernetes.ts";
import { observe } from "../../topology/observer/observe.ts";
import type { ObserverStatus } from "../../topology/observer/observer-status.ts";
import type { ParamMap } from "../../topology/params/param-value.ts";
import { toParamMap } from "../../topology/params/to-param-map.ts";
import { noDefaults } from "../../topology/request/request-defaults.ts";

/** Observes one Node with a server of its own until a topology that was asked for has succeeded or failed. */
async function outcomeOf(providerParams: ParamMap | undefined): Promise<ObserverStatus | undefined> {
  await using topology = await openTopology({
    config: {
      port: 49_021,
      defaults: noDefaults,
      delayMs: 10,
      pageSize: undefined,
      tls: undefined,
      credentials: undefined,
      env: new Map(),
      warnings: [],
    },
    store: undefined,
    log: () => undefined,
    version: "1.2.3",
    withProcess: false,
  });
  const door = await openTopologyServer({ ...topology, host: "127.0.0.1", port: 0 });
  const stop = new AbortController();
  let status: ObserverStatus | undefined;
  const observing = observe(
    {
      api: recordedKubernetes([{ kind: "Node", metadata: { name: "n1" } }]),
      clock: systemClock,
      log: () => undefined,
      report: (changed) => (status = changed),
    },
    {
      generateUrl: `${door.url}/v1/generate`,
      trigger: { nodeSelector: new Map(), nodeLabels: [], nodeReadiness: true, podSelector: undefined },
      apiServer: { namespace: "", podSelector: undefined, containerName: "" },
      request: { provider: "test", creds: undefined, providerParams, engine: "slurm", engineParams: undefined },
      retryDelayMs: 300_000,
      broker: undefined,
    },
    stop.signal,
  );
  const isOver = (): boolean => status?.state === "succeeded" || status?.state === "failed";
  const end = performance.now() + 30_000;
  while (!isOver() && performance.now() < end) await pause(10);
  stop.abort();
  await observing;
  await door.close(0);
  return status;
}

test("an observer learns from a real server how the topology fared that it asked for", async () => {
  const failing = toParamMap({ topologyResponseCode: 400, errorMessage: "no such switch" });
  const [good, bad] = await Promise.all([outcomeOf(undefined), outcomeOf(failing)]);
  // The id that Topograph has for this request.
  expect(good).toMatchObject({ state: "succeeded", uid: "c084c78a61a266a9" });
  expect(bad).toMatchObject({ state: "failed", code: 400, message: "no such switch" });
});
