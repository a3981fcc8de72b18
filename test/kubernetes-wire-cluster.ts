import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../src/jobs/clock.ts";
import type { KubernetesApi } from "../src/topology/kubernetes-api.ts";
import { openKubernetes } from "../src/topology/kubernetes/open-kubernetes.ts";
import { wireServer, type WireAnswer, type WireServer } from "./kubernetes-wire-server.ts";

export interface WireCluster extends AsyncDisposable {
  readonly api: KubernetesApi;
  readonly server: WireServer;
  /** What the client waited for, in milliseconds. */
  readonly waits: readonly number[];
  readonly lines: readonly string[];
}

/** A client for tests, by a kubeconfig of its own, of a server that answers as they say; waits take no time. */
export async function wireCluster(
  answer: WireAnswer,
  options: Parameters<typeof wireServer>[1] & {
    readonly environment?: Record<string, string>;
    readonly deadlineMs?: number;
  } = {},
): Promise<WireCluster> {
  const server = await wireServer(answer, options);
  const folder = await mkdtemp(join(tmpdir(), "sluice-kube-"));
  const kubeconfig = join(folder, "config");
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "here",
      contexts: [{ name: "here", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${server.port}` } }],
      users: [{ name: "u", user: { token: "secret" } }],
    }),
  );
  const waits: number[] = [];
  const lines: string[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    sleep: (ms) => {
      waits.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
  const api = await openKubernetes({
    environment: { KUBECONFIG: kubeconfig, ...options.environment },
    log: (line) => lines.push(line),
    clock,
    ...(options.deadlineMs !== undefined && { deadlineMs: options.deadlineMs }),
  });
  return {
    api,
    server,
    waits,
    lines,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
