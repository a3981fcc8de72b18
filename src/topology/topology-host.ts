import type { Runner } from "../jobs/runner.ts";
import type { KubernetesApi } from "./kubernetes-api.ts";
import type { TopologyMetrics } from "./topology-metrics.ts";

/** What providers and engines may touch of the world. The assembly builds it; tests hand in their own. */
export interface TopologyHost {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs `scontrol`, `pdsh` and their like on this machine, and writes files there. */
  readonly runner: Runner;
  /** The cluster that this process stands in, or that the kubeconfig names. Throws `TopologyError` (502; 400 for a wrong `KUBE_QPS`). */
  kubernetes(): Promise<KubernetesApi>;
  /** The text of a model: a bare name is one that comes with Sluice, a path is read from disk. Throws `Error`, worded as the request's answer shows it. */
  readModel(fileName: string, signal: AbortSignal): Promise<string>;
  readonly metrics: TopologyMetrics;
  /** A line for the operator; never holds a credential. */
  log(level: "debug" | "info" | "warning" | "error", message: string): void;
}
