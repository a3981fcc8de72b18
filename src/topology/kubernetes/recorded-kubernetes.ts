import { setImmediate as turn } from "node:timers/promises";
import {
  KubernetesError,
  type KubernetesApi,
  type KubernetesChange,
  type KubernetesExec,
  type KubernetesName,
  type KubernetesObject,
  type KubernetesPatch,
  type KubernetesResource,
  type KubernetesSelection,
} from "../kubernetes-api.ts";
import { ObjectStore } from "./object-store.ts";

export type KubernetesVerb = "list" | "get" | "watch" | "create" | "update" | "patch" | "delete" | "exec";

/** A request as it was made, with a copy of its body. */
export interface RecordedRequest {
  readonly verb: KubernetesVerb;
  /** `nodes`, `configmaps`; `pods/exec` for a command. */
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly patchType?: KubernetesPatch["type"];
  readonly body?: unknown;
  readonly command?: readonly string[];
}

/** Makes requests that match fail: with a status, for as many of them as said, after letting as many pass as said. */
export interface KubernetesFault {
  readonly verb?: KubernetesVerb;
  readonly plural?: string;
  readonly name?: string;
  /** 0 where the server could not be reached. */
  readonly status: number;
  readonly message?: string;
  /** How many requests fail; all of them where left out. */
  readonly times?: number;
  /** How many matching requests pass first. */
  readonly after?: number;
}

export type ExecAnswer = { readonly stdout?: string; readonly stderr?: string; readonly exitCode?: number };

/** A Kubernetes API in memory: it keeps objects, answers as a server would, and remembers what it was asked. */
export interface RecordedKubernetes extends KubernetesApi {
  readonly requests: readonly RecordedRequest[];
  /** Those requests that change something, in order. */
  writes(): readonly RecordedRequest[];
  /** Forgets the requests made so far, not the objects. */
  forget(): void;
  fail(fault: KubernetesFault): void;
  /** The most requests that were under way at once. */
  readonly peakConcurrency: number;
  /** What somebody else does to the cluster: writes an object, whether it is there or not. Watches hear of it. */
  put(object: KubernetesObject): KubernetesObject;
  /** Somebody else deletes it. */
  drop(kind: string, name: KubernetesName): void;
  /** All objects of a kind as they are, in the order of namespace and name. */
  objects(kind: string): readonly KubernetesObject[];
}

/** A fake of the API server over these objects, each of which names its `kind` (and its `apiVersion` where that is not `v1`). */
export function recordedKubernetes(
  objects: readonly KubernetesObject[] = [],
  options: { readonly exec?: (request: KubernetesExec) => ExecAnswer | Promise<ExecAnswer> } = {},
): RecordedKubernetes {
  const store = new ObjectStore();
  for (const object of objects) store.put(object);
  const requests: RecordedRequest[] = [];
  const faults: { fault: KubernetesFault; seen: number }[] = [];
  let underWay = 0;
  let peak = 0;

  /** Every request takes a turn of the event loop, as one over a wire would: what is started together overlaps. */
  async function answer<T>(request: RecordedRequest, signal: AbortSignal, work: () => T | Promise<T>): Promise<T> {
    signal.throwIfAborted();
    requests.push(structuredClone(request));
    peak = Math.max(peak, ++underWay);
    try {
      await turn();
      signal.throwIfAborted();
      failIfTold(request);
      return await work();
    } finally {
      underWay--;
    }
  }

  function failIfTold(request: RecordedRequest): void {
    for (const entry of faults) {
      const { fault } = entry;
      if (fault.verb !== undefined && fault.verb !== request.verb) continue;
      if (fault.plural !== undefined && fault.plural !== request.plural) continue;
      if (fault.name !== undefined && fault.name !== request.name) continue;
      const turnOf = entry.seen++ - (fault.after ?? 0);
      if (turnOf < 0 || turnOf >= (fault.times ?? Infinity)) continue;
      throw new KubernetesError(fault.status, fault.message ?? `fault ${fault.status}`);
    }
  }

  return {
    requests,
    writes: () => requests.filter(({ verb }) => !["list", "get", "watch", "exec"].includes(verb)),
    forget() {
      requests.length = 0;
    },
    fail(fault) {
      faults.push({ fault, seen: 0 });
    },
    get peakConcurrency() {
      return peak;
    },
    put: (object) => store.put(object),
    drop: (kind, name) => store.drop(kind, name),
    objects: (kind) => store.all(kind),

    list: (resource, selection, signal) =>
      answer({ verb: "list", plural: resource.plural, ...selection }, signal, () => store.list(resource, selection)),
    get: (resource, name, signal) =>
      answer({ verb: "get", plural: resource.plural, ...name }, signal, () => store.get(resource, name)),
    create: (resource, namespace, object, signal) =>
      answer({ verb: "create", plural: resource.plural, ...nameOf(object, namespace), body: object }, signal, () =>
        store.create(resource, namespace, object),
      ),
    update: (resource, object, signal) =>
      answer({ verb: "update", plural: resource.plural, ...nameOf(object), body: object }, signal, () =>
        store.update(resource, object),
      ),
    patch: (resource, name, patch, signal) =>
      answer({ verb: "patch", plural: resource.plural, ...name, patchType: patch.type, body: patch.body }, signal, () =>
        store.patch(resource, name, patch),
      ),
    remove: (resource, name, signal) =>
      answer({ verb: "delete", plural: resource.plural, ...name }, signal, () => store.remove(resource, name)),
    async *watch(
      resource: KubernetesResource,
      selection: KubernetesSelection,
      signal: AbortSignal,
    ): AsyncGenerator<KubernetesChange> {
      if (signal.aborted) return;
      const changes = await answer({ verb: "watch", plural: resource.plural, ...selection }, signal, () =>
        store.watch(resource, selection, signal),
      );
      yield* changes;
    },
    exec: (request, signal) =>
      answer(
        {
          verb: "exec",
          plural: "pods/exec",
          namespace: request.namespace,
          name: request.pod,
          command: request.command,
        },
        signal,
        async () => {
          if (options.exec === undefined) throw new KubernetesError(404, `pods "${request.pod}" not found`);
          const { stdout = "", stderr = "", exitCode = 0 } = await options.exec(request);
          return { stdout, stderr, exitCode };
        },
      ),
  };
}

function nameOf(object: KubernetesObject, namespace = object.metadata?.namespace): KubernetesName {
  return { name: object.metadata?.name ?? "", ...(namespace !== undefined && { namespace }) };
}
