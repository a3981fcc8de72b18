import { KubernetesError, type KubernetesApi } from "../kubernetes-api.ts";
import { kubernetesFailure, nodesResource } from "../kubernetes-nodes.ts";
import { quoteGo } from "../names/quote-go.ts";

/** The kubelet writes its Node all the time, so an update may be late some times. */
const mostAttempts = 10;

/**
 * Sets annotations of a Node; all else of it stays, and nothing is written where they are there already. By update rather than by
 * patch: that is the verb which a broker's role has. Throws `TopologyError` (502).
 */
export async function annotateNode(
  api: KubernetesApi,
  { nodeName, annotations }: { readonly nodeName: string; readonly annotations: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<"written" | "unchanged"> {
  for (let attempt = 1; ; attempt++) {
    let doing = `failed to get node ${quoteGo(nodeName)}`;
    try {
      const node = await api.get(nodesResource, { name: nodeName }, signal);
      if (node === undefined) throw new KubernetesError(404, `nodes ${quoteGo(nodeName)} not found`);
      const old = node.metadata?.annotations ?? {};
      if (Object.entries(annotations).every(([key, value]) => old[key] === value)) return "unchanged";
      doing = "failed to update node";
      await api.update(
        nodesResource,
        { ...node, metadata: { ...node.metadata, annotations: { ...old, ...annotations } } },
        signal,
      );
      return "written";
    } catch (error) {
      const isLate = error instanceof KubernetesError && error.status === 409;
      if (!isLate || attempt === mostAttempts) throw kubernetesFailure(error, signal, doing);
    }
  }
}
