import type { WebSocketHandler } from "@kubernetes/client-node/dist/web-socket-handler.js";
import type { Clock } from "../../jobs/clock.ts";
import {
  KubernetesError,
  type KubernetesApi,
  type KubernetesName,
  type KubernetesObject,
  type KubernetesPatch,
  type KubernetesResource,
} from "../kubernetes-api.ts";
import { pathOf, readObject } from "./api-objects.ts";
import { ApiServer, type ApiRequest } from "./api-server.ts";
import { execInPod } from "./exec-in-pod.ts";
import { listResource } from "./list-resource.ts";
import type { LoadedKubeconfig } from "./load-kubeconfig.ts";
import type { TokenBucket } from "./token-bucket.ts";
import { watchResource } from "./watch-resource.ts";

export interface ClientDeps {
  readonly kubeconfig: LoadedKubeconfig;
  readonly WebSocketHandler: typeof WebSocketHandler;
  readonly bucket: TokenBucket;
  readonly clock: Clock;
  readonly log: (message: string) => void;
  readonly deadlineMs: number;
}

const patchTypes = {
  "strategic-merge": "application/strategic-merge-patch+json",
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
} as const satisfies Record<KubernetesPatch["type"], string>;

/** A real API server, by the configuration and the authentication of @kubernetes/client-node. */
export function createKubernetesClient(deps: ClientDeps): KubernetesApi {
  const server = new ApiServer(deps);
  const send = async (request: ApiRequest, signal: AbortSignal): Promise<KubernetesObject> =>
    readObject(await server.text(request, signal));
  const orUndefined = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  };
  return {
    list: async (resource, selection, signal) => (await listResource(server, resource, selection, signal)).items,
    get: (resource, name, signal) => orUndefined(send({ method: "GET", path: pathOf(resource, name) }, signal)),
    watch: (resource, selection, signal) => watchResource({ ...deps, server }, resource, selection, signal),
    create: (resource, namespace, object, signal) => {
      const path = pathOf(resource, namespace === undefined ? {} : { namespace });
      return send({ method: "POST", path, body: object }, signal);
    },
    update: (resource, object, signal) =>
      send({ method: "PUT", path: pathOf(resource, nameOf(object)), body: object }, signal),
    patch: (resource: KubernetesResource, name: KubernetesName, { type, body }, signal) =>
      send({ method: "PATCH", path: pathOf(resource, name), body, contentType: patchTypes[type] }, signal),
    remove: async (resource, name, signal) =>
      (await orUndefined(server.text({ method: "DELETE", path: pathOf(resource, name) }, signal))) !== undefined,
    exec: async (request, signal) => {
      await deps.bucket.take(signal);
      return execInPod(deps.WebSocketHandler, deps.kubeconfig.config, request, signal);
    },
  };
}

function nameOf({ metadata }: KubernetesObject): KubernetesName {
  const { name = "", namespace } = metadata ?? {};
  return { name, ...(namespace !== undefined && { namespace }) };
}
