import type { KubernetesApi, KubernetesObject } from "../../kubernetes-api.ts";
import { isPodReady, kubernetesFailure, kubernetesPods, objectName, textAt } from "../../kubernetes-nodes.ts";
import { quoteGo } from "../../names/quote-go.ts";
import { TopologyError } from "../../topology-error.ts";
import type { TopologyHost } from "../../topology-host.ts";

const nodeNameLabel = "slurm.node.name";

interface Namespace {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly log: TopologyHost["log"];
}

/** The Slurm name of a slurmd pod's node: what its label says, else its host name; empty where neither does. */
function slurmName(pod: KubernetesObject): string {
  return pod.metadata?.labels?.[nodeNameLabel] ?? textAt(pod, ["spec", "hostname"]);
}

/** Slurm names by the names of the Kubernetes Nodes that Ready slurmd pods run on. Throws `TopologyError` (502). */
export async function slurmNamesByNode(
  { api, namespace, log }: Namespace,
  labelSelector: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  let pods: readonly KubernetesObject[];
  try {
    pods = await kubernetesPods(api, { namespace, labelSelector }, signal);
  } catch (error) {
    throw kubernetesFailure(error, signal, "failed to list SLURM pods in the cluster");
  }
  const names = new Map<string, string>();
  for (const pod of pods.filter(isPodReady)) {
    const name = slurmName(pod);
    if (name !== "") names.set(textAt(pod, ["spec", "nodeName"]), name);
    else log("warning", `Cannot resolve SLURM node name for pod ${namespace}/${objectName(pod)}, skipping`);
  }
  return names;
}

/** Slurm names of the Ready pods that a topology's selector picks. Throws `TopologyError` (502). */
export async function slurmNamesOfPods(
  { api, namespace, log }: Namespace,
  { topology, podSelector }: { readonly topology: string; readonly podSelector: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  let pods: readonly KubernetesObject[];
  try {
    pods = await kubernetesPods(api, { namespace, labelSelector: podSelector }, signal);
  } catch (error) {
    const attempt = `topology ${quoteGo(topology)}: failed to list pods with selector ${quoteGo(podSelector)}`;
    throw kubernetesFailure(error, signal, attempt);
  }
  return pods.flatMap((pod) => {
    const isReady = isPodReady(pod);
    const name = isReady ? slurmName(pod) : "";
    if (name !== "") return [name];
    const what = isReady ? "cannot find Slurm hostname for pod" : "skipped not Ready pod";
    log("warning", `topology: ${what} ${namespace}/${objectName(pod)} (selector ${podSelector})`);
    return [];
  });
}

/**
 * What `scontrol show partition` prints in the first pod that answers: those of the controller, which every cluster has, then those for
 * logins. Throws `TopologyError` (500) where none does, with what each said.
 */
export async function showPartition(
  { api, namespace, log }: Namespace,
  partition: string,
  signal: AbortSignal,
): Promise<string> {
  const failures: string[] = [];
  const failed = (what: string, error: unknown): void => {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    failures.push(`${what}: ${why}`);
    log("warning", `topology: ${what} in namespace ${quoteGo(namespace)} failed: ${why}; trying the next`);
  };
  for (const component of ["controller", "login"]) {
    let pods: readonly KubernetesObject[] = [];
    try {
      const labelSelector = `app.kubernetes.io/component=${component}`;
      pods = await kubernetesPods(api, { namespace, labelSelector }, signal);
    } catch (error) {
      failed(`list ${component} pods`, error);
    }
    for (const pod of pods) {
      if (textAt(pod, ["status", "phase"]) !== "Running") continue;
      try {
        return await execute({ api, namespace }, objectName(pod), ["scontrol", "show", "partition", partition], signal);
      } catch (error) {
        failed(`exec on ${component} pod ${objectName(pod)}`, error);
      }
    }
  }
  throw new TopologyError(
    500,
    failures.length > 0
      ? `partition discovery failed on all controller and login pods in namespace ${quoteGo(namespace)}: ${failures.join("; ")}`
      : `no running controller or login pods found for partition discovery in namespace ${quoteGo(namespace)}`,
  );
}

async function execute(
  { api, namespace }: Pick<Namespace, "api" | "namespace">,
  pod: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const { stdout, stderr, exitCode } = await api.exec({ namespace, pod, command }, signal);
  if (exitCode === 0) return stdout;
  const said = stderr.replaceAll("\n", " ");
  const what = `failed to execute command [${command.join(" ")}] in pod ${namespace}/${pod}`;
  throw new Error(`${what}: ${said}: command terminated with exit code ${exitCode}`);
}
