import { isDeepStrictEqual } from "node:util";
import { KubernetesError } from "../kubernetes-api.ts";

/** One operation of a JSON Patch (RFC 6902). */
export interface JsonPatchOperation {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/**
 * Applies a JSON Patch as an API server does: what it names must be there, all of it or nothing is done.
 * Changes `document`, which the caller has copied. Throws `KubernetesError` (422).
 */
export function applyJsonPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  const root = { document };
  for (const operation of operations) applyOne(root, operation);
  return root.document;
}

function applyOne(root: { document: unknown }, { op, path, from, value }: JsonPatchOperation): void {
  const place = placeOf(root, path, op);
  switch (op) {
    case "add":
      return place.add(structuredClone(value));
    case "replace":
      place.read();
      return place.set(structuredClone(value));
    case "remove":
      place.read();
      return place.remove();
    case "test":
      if (!isDeepStrictEqual(place.read(), value)) throw refused(op, path, "the value differs");
      return;
    case "copy":
      return place.add(structuredClone(placeOf(root, from ?? "", op).read()));
    case "move": {
      const source = placeOf(root, from ?? "", op);
      const moved = source.read();
      source.remove();
      return placeOf(root, path, op).add(moved);
    }
    default:
      throw refused(op, path, "unknown operation");
  }
}

interface Place {
  /** Throws where there is nothing. */
  read(): unknown;
  add(value: unknown): void;
  set(value: unknown): void;
  remove(): void;
}

function placeOf(root: { document: unknown }, path: string, op: string): Place {
  if (path !== "" && !path.startsWith("/")) throw refused(op, path, "a path begins with a slash");
  const tokens = path === "" ? [] : path.slice(1).split("/");
  let parent: unknown = root;
  let name = "document";
  for (const token of tokens) {
    parent = readAt(parent, name, op, path);
    name = token.replaceAll("~1", "/").replaceAll("~0", "~");
  }
  if (Array.isArray(parent)) return placeInList(parent, name, op, path);
  if (typeof parent !== "object" || parent === null) throw refused(op, path, "its parent is missing");
  const owner = parent;
  const set = (value: unknown): void => {
    Reflect.set(owner, name, value);
  };
  return {
    read: () => readAt(owner, name, op, path),
    add: set,
    set,
    remove() {
      Reflect.deleteProperty(owner, name);
    },
  };
}

function placeInList(list: unknown[], name: string, op: string, path: string): Place {
  const index = name === "-" ? list.length : Number(name);
  if (!Number.isInteger(index) || index < 0 || index > list.length) throw refused(op, path, "no such index");
  return {
    read() {
      if (index === list.length) throw refused(op, path, "no such index");
      return list[index];
    },
    add(value) {
      list.splice(index, 0, value);
    },
    set(value) {
      list[index] = value;
    },
    remove() {
      list.splice(index, 1);
    },
  };
}

function readAt(parent: unknown, name: string, op: string, path: string): unknown {
  if (typeof parent !== "object" || parent === null || !Object.hasOwn(parent, name)) {
    throw refused(op, path, "missing path");
  }
  return Reflect.get(parent, name);
}

function refused(op: string, path: string, why: string): KubernetesError {
  const words = "the server rejected our request due to an error in our request";
  return new KubernetesError(422, `${words}: ${op} ${JSON.stringify(path)}: ${why}`);
}
