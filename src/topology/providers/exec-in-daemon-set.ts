import type { KubernetesApi } from "../kubernetes-api.ts";
import { daemonSetPods, objectName } from "../kubernetes-nodes.ts";

export interface DaemonSetName {
  readonly name: string;
  readonly namespace: string;
}

/**
 * What a command printed in the Pod that a DaemonSet has on a node; `undefined` where it has none there. Throws `Error`
 * where there are several, or the command fails, and what the API throws.
 */
export async function execInDaemonSet(
  api: KubernetesApi,
  { name, namespace }: DaemonSetName,
  nodeName: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const pods = await daemonSetPods(api, { name, namespace, nodeName }, signal);
  const [pod] = pods;
  if (pod === undefined) return undefined;
  if (pods.length > 1) throw new Error(`expected 1 ${name} pod, got ${pods.length}`);
  const { stdout, stderr, exitCode } = await api.exec({ namespace, pod: objectName(pod), command }, signal);
  if (exitCode === 0) return stdout;
  const place = `pod ${namespace}/${objectName(pod)}`;
  const words = `${stderr.replaceAll("\n", " ")}: command terminated with exit code ${exitCode}`;
  throw new Error(`failed to execute command [${command.join(" ")}] in ${place}: ${words}`);
}
