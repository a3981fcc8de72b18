/** Requests that one piece of work has under way at once; `KUBE_QPS` paces them besides. */
export const requestsAtOnce = 64;

/** A resource of the API server: `{ group: "", version: "v1", plural: "nodes" }`; the core group has an empty name. */
export interface KubernetesResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** Any object, as JSON; only what every object has is typed. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: KubernetesMetadata;
  readonly [field: string]: unknown;
}

export interface KubernetesMetadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface KubernetesSelection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface KubernetesName {
  readonly name: string;
  readonly namespace?: string;
}

/** What a watch tells; of an object that is gone only its name may be known. `LISTED` comes once all that was there at the start (or after a new listing) has been told. */
export type KubernetesChange =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubernetesObject }
  | { readonly type: "LISTED" };

export interface KubernetesPatch {
  readonly type: "strategic-merge" | "merge" | "json";
  readonly body: unknown;
}

export interface KubernetesExec {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
  readonly command: readonly string[];
}

/**
 * Reads and writes of a Kubernetes API server; one adapter is a client of a real server, the other a recorded fake.
 * Requests are paced by `KUBE_QPS` and `KUBE_BURST`. Failures throw `KubernetesError`, which has the server's status and words.
 */
export interface KubernetesApi {
  /** All objects, over all pages. */
  list(
    resource: KubernetesResource,
    selection: KubernetesSelection,
    signal: AbortSignal,
  ): Promise<readonly KubernetesObject[]>;
  /** `undefined` where there is none of that name. */
  get(resource: KubernetesResource, name: KubernetesName, signal: AbortSignal): Promise<KubernetesObject | undefined>;
  /**
   * First every object that is there, as `ADDED`, then `LISTED`, then the changes. The adapter reconnects by itself, and where the server
   * has forgotten what came between it lists again, tells the difference, and `LISTED` again. Ends with the signal, without an error.
   */
  watch(
    resource: KubernetesResource,
    selection: KubernetesSelection,
    signal: AbortSignal,
  ): AsyncIterable<KubernetesChange>;
  create(
    resource: KubernetesResource,
    namespace: string | undefined,
    object: KubernetesObject,
    signal: AbortSignal,
  ): Promise<KubernetesObject>;
  /** Replaces the object (PUT). */
  update(resource: KubernetesResource, object: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject>;
  patch(
    resource: KubernetesResource,
    name: KubernetesName,
    patch: KubernetesPatch,
    signal: AbortSignal,
  ): Promise<KubernetesObject>;
  /** Says whether there was one. */
  remove(resource: KubernetesResource, name: KubernetesName, signal: AbortSignal): Promise<boolean>;
  exec(
    request: KubernetesExec,
    signal: AbortSignal,
  ): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }>;
}

/** What the API server answered, or why it could not be asked (`status` 0). */
export class KubernetesError extends Error {
  override readonly name = "KubernetesError";
  readonly status: number;

  constructor(status: number, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
  }
}
