import {
  KubernetesError,
  type KubernetesChange,
  type KubernetesMetadata,
  type KubernetesName,
  type KubernetesObject,
  type KubernetesPatch,
  type KubernetesResource,
  type KubernetesSelection,
} from "../kubernetes-api.ts";
import { applyJsonPatch, type JsonPatchOperation } from "./json-patch.ts";
import { parseFieldSelector, parseLabelSelector } from "./selectors.ts";

type Stored = KubernetesObject & { readonly metadata: KubernetesMetadata };
type Listener = (type: "ADDED" | "MODIFIED" | "DELETED", kind: string, object: Stored) => void;

/** Objects with their resource versions, and the rules by which an API server changes them. */
export class ObjectStore {
  readonly #kinds = new Map<string, Map<string, Stored>>();
  readonly #listeners = new Set<Listener>();
  #version = 0;

  /** Writes whatever is there. */
  put(object: KubernetesObject): KubernetesObject {
    const { kind } = object;
    if (kind === undefined) throw new Error("an object of the fake API server names its kind");
    return this.#write(pluralOf(kind), object);
  }

  drop(kind: string, name: KubernetesName): void {
    this.#delete(pluralOf(kind), name);
  }

  all(kind: string): readonly KubernetesObject[] {
    return this.#sorted(pluralOf(kind)).map((object) => structuredClone(object));
  }

  list({ plural }: KubernetesResource, selection: KubernetesSelection): readonly KubernetesObject[] {
    const isSelected = matcher(selection);
    return this.#sorted(plural)
      .filter(isSelected)
      .map((object) => structuredClone(object));
  }

  get({ plural }: KubernetesResource, name: KubernetesName): KubernetesObject | undefined {
    return structuredClone(this.#of(plural).get(keyOf(name)));
  }

  create(
    { plural, group, version }: KubernetesResource,
    namespace: string | undefined,
    object: KubernetesObject,
  ): KubernetesObject {
    const name = { name: object.metadata?.name ?? "", ...(namespace !== undefined && { namespace }) };
    if (this.#of(plural).has(keyOf(name))) {
      throw new KubernetesError(409, `${plural}${suffix(group)} "${name.name}" already exists`);
    }
    const apiVersion = group === "" ? version : `${group}/${version}`;
    return this.#write(plural, { apiVersion, ...object, metadata: { ...object.metadata, ...name } });
  }

  update(resource: KubernetesResource, object: KubernetesObject): KubernetesObject {
    const { name = "", namespace, resourceVersion } = object.metadata ?? {};
    const old = this.#existing(resource, { name, ...(namespace !== undefined && { namespace }) });
    if (resourceVersion !== undefined) insistOnVersion(resource, old, resourceVersion);
    return this.#write(resource.plural, object);
  }

  patch(resource: KubernetesResource, name: KubernetesName, { type, body }: KubernetesPatch): KubernetesObject {
    const old = this.#existing(resource, name);
    const changed = type === "json" ? applyJsonPatch(structuredClone(old), toOperations(body)) : merge(old, body);
    if (!isRecord(changed)) throw new KubernetesError(422, "the patch leaves no object");
    const patched: KubernetesObject = changed;
    const wanted = patched.metadata?.resourceVersion;
    if (wanted !== undefined) insistOnVersion(resource, old, wanted);
    return this.#write(resource.plural, patched);
  }

  remove({ plural }: KubernetesResource, name: KubernetesName): boolean {
    return this.#delete(plural, name);
  }

  /** What is there, then `LISTED`, then what changes; an object that comes to match or ceases to is added or deleted. */
  watch(
    { plural }: KubernetesResource,
    selection: KubernetesSelection,
    signal: AbortSignal,
  ): AsyncIterable<KubernetesChange> {
    const isSelected = matcher(selection);
    const matched = new Set<string>();
    const queue: KubernetesChange[] = [];
    let wake: (() => void) | undefined;
    const tell = (change: KubernetesChange): void => {
      queue.push(structuredClone(change));
      wake?.();
    };
    for (const object of this.#sorted(plural).filter(isSelected)) {
      matched.add(keyOf(object.metadata));
      tell({ type: "ADDED", object });
    }
    tell({ type: "LISTED" });
    const listener: Listener = (type, kind, object) => {
      if (kind !== plural) return;
      const key = keyOf(object.metadata);
      const was = matched.has(key);
      const is = type !== "DELETED" && isSelected(object);
      if (is) matched.add(key);
      else matched.delete(key);
      if (is) tell({ type: was ? "MODIFIED" : "ADDED", object });
      else if (was) tell({ type: "DELETED", object });
    };
    this.#listeners.add(listener);
    const listeners = this.#listeners;
    const ended = (): void => wake?.();
    signal.addEventListener("abort", ended, { once: true });
    return (async function* () {
      try {
        while (!signal.aborted) {
          const next = queue.shift();
          if (next !== undefined) yield next;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        listeners.delete(listener);
        signal.removeEventListener("abort", ended);
      }
    })();
  }

  #of(plural: string): Map<string, Stored> {
    const known = this.#kinds.get(plural);
    if (known !== undefined) return known;
    const made = new Map<string, Stored>();
    this.#kinds.set(plural, made);
    return made;
  }

  #sorted(plural: string): Stored[] {
    const entries = [...this.#of(plural)];
    return entries.sort(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
  }

  #existing({ plural, group }: KubernetesResource, name: KubernetesName): Stored {
    const found = this.#of(plural).get(keyOf(name));
    if (found !== undefined) return found;
    throw new KubernetesError(404, `${plural}${suffix(group)} "${name.name}" not found`);
  }

  #write(plural: string, object: KubernetesObject): KubernetesObject {
    insistOnLabels(object);
    const objects = this.#of(plural);
    const key = keyOf(object.metadata ?? {});
    const old = objects.get(key);
    const stored: Stored = structuredClone({
      ...object,
      metadata: { uid: `uid-${plural}-${key}`, ...object.metadata, resourceVersion: String(++this.#version) },
    });
    objects.set(key, stored);
    for (const listener of this.#listeners) listener(old === undefined ? "ADDED" : "MODIFIED", plural, stored);
    return structuredClone(stored);
  }

  #delete(plural: string, name: KubernetesName): boolean {
    const objects = this.#of(plural);
    const old = objects.get(keyOf(name));
    if (old === undefined) return false;
    objects.delete(keyOf(name));
    for (const listener of this.#listeners) listener("DELETED", plural, old);
    return true;
  }
}

/** Merges as RFC 7386 says, and as a strategic merge does for maps: `null` deletes, lists are replaced. */
function merge(old: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return structuredClone(patch);
  const merged = new Map(isRecord(old) ? Object.entries(old) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, merge(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

function matcher({
  namespace,
  labelSelector,
  fieldSelector,
}: KubernetesSelection): (object: KubernetesObject) => boolean {
  const byLabel = labelSelector === undefined ? undefined : parseLabelSelector(labelSelector);
  const byField = fieldSelector === undefined ? undefined : parseFieldSelector(fieldSelector);
  return (object) =>
    (namespace === undefined || object.metadata?.namespace === namespace) &&
    (byLabel?.(object) ?? true) &&
    (byField?.(object) ?? true);
}

function insistOnVersion({ plural, group }: KubernetesResource, { metadata }: Stored, version: string): void {
  if (metadata.resourceVersion === version) return;
  const what = `${plural}${suffix(group)} "${metadata.name ?? ""}"`;
  const why = "the object has been modified; please apply your changes to the latest version and try again";
  throw new KubernetesError(409, `Operation cannot be fulfilled on ${what}: ${why}`);
}

/** An API server takes as values of labels at most 63 letters, digits, `-`, `_` and `.`. */
function insistOnLabels({ kind = "object", metadata }: KubernetesObject): void {
  for (const value of Object.values(metadata?.labels ?? {})) {
    if (value.length <= 63 && /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(value)) continue;
    const what = `${kind} "${metadata?.name ?? ""}" is invalid`;
    throw new KubernetesError(422, `${what}: metadata.labels: Invalid value: ${JSON.stringify(value)}`);
  }
}

function toOperations(body: unknown): readonly JsonPatchOperation[] {
  if (!Array.isArray(body)) throw new KubernetesError(400, "a JSON Patch is a list of operations");
  return body;
}

function keyOf({ namespace, name }: { readonly namespace?: string; readonly name?: string }): string {
  return `${namespace ?? ""}/${name ?? ""}`;
}

function pluralOf(kind: string): string {
  return `${kind.toLowerCase()}s`;
}

function suffix(group: string): string {
  return group === "" ? "" : `.${group}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
