import type { KubeConfig } from "@kubernetes/client-node";
import type { WebSocketHandler } from "@kubernetes/client-node/dist/web-socket-handler.js";
import { systemClock, type Clock } from "../../jobs/clock.ts";
import type { KubernetesApi } from "../kubernetes-api.ts";
import { TopologyError } from "../topology-error.ts";
import { createKubernetesClient } from "./client-node.ts";
import { loadKubeconfig, type KubeconfigSources } from "./load-kubeconfig.ts";
import { rateLimits } from "./rate-limits.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface KubernetesOptions extends KubeconfigSources {
  readonly clock?: Clock;
  /** How long the server may take for an answer, in milliseconds; a minute where left out. */
  readonly deadlineMs?: number;
}

/**
 * Opens the cluster that this process is a pod of, else that of `KUBECONFIG` or `~/.kube/config`. Nothing is asked of it yet.
 * Throws `TopologyError`: 400 for a wrong `KUBE_QPS` or `KUBE_BURST` and where @kubernetes/client-node is not installed, 502 where there is no cluster.
 */
export async function openKubernetes(options: KubernetesOptions): Promise<KubernetesApi> {
  const { environment, clock = systemClock, log = () => undefined, deadlineMs = 60_000 } = options;
  const client = await loadClient();
  const kubeconfig = await loadKubeconfig(client.KubeConfig, options);
  const bucket = new TokenBucket(rateLimits(environment), clock);
  return createKubernetesClient({ ...client, kubeconfig, bucket, clock, log, deadlineMs });
}

/** Loaded where it is first needed: it brings a long time of loading along. */
async function loadClient(): Promise<{
  readonly KubeConfig: typeof KubeConfig;
  readonly WebSocketHandler: typeof WebSocketHandler;
}> {
  try {
    const config = await import("@kubernetes/client-node");
    const socket = await import("@kubernetes/client-node/dist/web-socket-handler.js");
    return { KubeConfig: config.KubeConfig, WebSocketHandler: socket.WebSocketHandler };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    const words = "Kubernetes needs a package that is not installed: npm install @kubernetes/client-node";
    throw new TopologyError(400, words, { cause: error });
  }
}
