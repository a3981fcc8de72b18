import { createServer, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { KubernetesObject } from "../src/topology/kubernetes-api.ts";
import type { RecordedKubernetes } from "../src/topology/kubernetes/recorded-kubernetes.ts";
import { observe } from "../src/topology/observer/observe.ts";
import type { ObserverConfig } from "../src/topology/observer/observer-config.ts";
import type { ObserverStatus } from "../src/topology/observer/observer-status.ts";
import { HandClock } from "./hand-clock.ts";

type Answer = (response: ServerResponse, body: string) => void;

/** The API that an observer asks, with answers of the test. */
export interface TopologyApi extends AsyncDisposable {
  readonly url: string;
  readonly asked: { readonly path: string; readonly body: string; readonly authorization: string | undefined }[];
  healthz: Answer;
  generate: Answer;
  result: Answer;
}

export async function topologyApi(): Promise<TopologyApi> {
  const api: TopologyApi = {
    url: "",
    asked: [],
    healthz: (response) => response.end("OK\n"),
    generate: (response) => response.writeHead(202).end("abc123"),
    result: (response) => response.end("SwitchName=s Nodes=n\n"),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const path = request.url ?? "";
      if (path !== "/healthz") api.asked.push({ path, body, authorization: request.headers["authorization"] });
      if (path === "/healthz") api.healthz(response, body);
      else if (path === "/v1/generate") api.generate(response, body);
      else api.result(response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return Object.assign(api, { url: `http://127.0.0.1:${port}/v1/generate` });
}

/** An observer under way. */
export interface Running {
  readonly clock: HandClock;
  readonly lines: string[];
  readonly states: ObserverStatus[];
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

export const node = (name: string, labels: Record<string, string> = {}): KubernetesObject => ({
  kind: "Node",
  metadata: { name, labels },
});
export const daemonSet = (desiredNumberScheduled: number, numberReady: number): KubernetesObject => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "broker", namespace: "ns" },
  status: { desiredNumberScheduled, numberReady },
});

/** Observes until the test is over. */
export function start(kubernetes: RecordedKubernetes, url: string, more: Partial<ObserverConfig> = {}): Running {
  const stop = new AbortController();
  const clock = new HandClock();
  const lines: string[] = [];
  const states: ObserverStatus[] = [];
  const config: ObserverConfig = {
    generateUrl: url,
    trigger: { nodeSelector: new Map(), nodeLabels: ["rack"], nodeReadiness: false, podSelector: undefined },
    apiServer: { namespace: "", podSelector: undefined, containerName: "" },
    request: {
      provider: "crusoe",
      creds: undefined,
      providerParams: undefined,
      engine: "k8s",
      engineParams: new Map([["nodeSelector", new Map([["a<", "b"]])]]),
    },
    retryDelayMs: 300_000,
    broker: undefined,
    ...more,
  };
  const log = (level: string, message: string): void => {
    if (level !== "debug") lines.push(`${level}: ${message}`);
  };
  const deps = { api: kubernetes, clock, log, report: (status: ObserverStatus) => void states.push(status) };
  const done = observe(deps, config, stop.signal);
  const one = {
    clock,
    lines,
    states,
    done,
    stop: async () => {
      stop.abort();
      await done.catch(() => undefined);
    },
  };
  onTestFinished(one.stop);
  return one;
}

/** Waits for a fact; the clock of the test stands meanwhile. */
export async function until(what: string, fact: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!fact()) {
    if (performance.now() > end) throw new Error(`never came: ${what}`);
    await pause(1);
  }
}

export const posts = (api: TopologyApi): number => api.asked.filter(({ path }) => path === "/v1/generate").length;
export const lastState = ({ states }: Running): ObserverStatus["state"] | undefined => states.at(-1)?.state;

/** Lets the clock go to where the result is asked for. */
export async function toResult(one: Running, state: ObserverStatus["state"]): Promise<void> {
  await until("the wait for a result", () => one.clock.next === 2000);
  one.clock.advance(2000);
  await until(state, () => lastState(one) === state);
}
