import type { KubernetesApi, KubernetesObject } from "../../kubernetes-api.ts";
import { configMapsResource, stringMap } from "../../kubernetes-nodes.ts";
import { TopologyError } from "../../topology-error.ts";

/** A key of a ConfigMap as it is to be. */
export interface ConfigMapEntry {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  readonly text: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Creates a ConfigMap, or updates it where its key differs; all else in it stays. An update that somebody else's came before begins anew.
 * Throws `TopologyError` (502).
 */
export async function writeConfigMap(
  api: KubernetesApi,
  { namespace, name, key, text, annotations }: ConfigMapEntry,
  signal: AbortSignal,
): Promise<"created" | "updated" | "unchanged"> {
  let verb = "get";
  for (let attempt = 1; ; attempt++) {
    try {
      verb = "get";
      const old = await api.get(configMapsResource, { namespace, name }, signal);
      if (old === undefined) {
        verb = "create";
        await api.create(configMapsResource, namespace, made({ namespace, name, key, text, annotations }), signal);
        return "created";
      }
      const data = stringMap(old["data"]);
      if (data[key] === text) return "unchanged";
      verb = "update";
      const metadata = { ...old.metadata, annotations: { ...old.metadata?.annotations, ...annotations } };
      await api.update(configMapsResource, { ...old, metadata, data: { ...data, [key]: text } }, signal);
      return "updated";
    } catch (error) {
      if (signal.aborted || !(error instanceof Error)) throw error;
      if (isConflict(error) && attempt < mostAttempts) continue;
      const words = `failed to ${verb} configmap ${namespace}/${name}: ${error.message}`;
      throw new TopologyError(502, words, { cause: error });
    }
  }
}

const mostAttempts = 5;

function isConflict(error: Error): boolean {
  return "status" in error && error.status === 409;
}

function made({ namespace, name, key, text, annotations }: ConfigMapEntry): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace, annotations },
    data: { [key]: text },
  };
}
