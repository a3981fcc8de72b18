import {
  KubernetesError,
  type KubernetesName,
  type KubernetesObject,
  type KubernetesResource,
} from "../kubernetes-api.ts";

/** The path of a resource, or of one object of it: `/apis/apps/v1/namespaces/x/daemonsets/broker`. */
export function pathOf({ group, version, plural }: KubernetesResource, name: Partial<KubernetesName>): string {
  // It would be the path of all objects.
  if (name.name === "") throw new KubernetesError(0, "resource name may not be empty");
  const parts = [
    ...(group === "" ? ["api", version] : ["apis", group, version]),
    ...(name.namespace === undefined ? [] : ["namespaces", name.namespace]),
    plural,
    ...(name.name === undefined ? [] : [name.name]),
  ];
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

/** Reads an answer that is one object. Throws `KubernetesError` (0) where it is none. */
export function readObject(text: string): KubernetesObject {
  const value = parseJson(text);
  if (isKubernetesObject(value)) return value;
  throw new KubernetesError(0, "the API server's answer is no object");
}

export interface ObjectPage {
  readonly items: readonly KubernetesObject[];
  readonly resourceVersion: string;
  /** What the next page is asked for with; empty on the last one. */
  readonly next: string;
}

/** Reads an answer that is a list, or a page of one. Throws `KubernetesError` (0) where it is none. */
export function readPage(text: string): ObjectPage {
  const value = parseJson(text);
  if (isRecord(value)) {
    const { items, metadata } = value;
    const objects = Array.isArray(items) ? items.filter(isKubernetesObject) : items === null ? [] : undefined;
    if (objects !== undefined && (items === null || objects.length === toLength(items))) {
      const { resourceVersion, continue: next } = isRecord(metadata) ? metadata : {};
      return { items: objects, resourceVersion: toText(resourceVersion), next: toText(next) };
    }
  }
  throw new KubernetesError(0, "the API server's answer is no list of objects");
}

/** What a server says of a request that it refuses: the message of its `Status`, else the text, else the status alone. */
export function toKubernetesError(status: number, text: string): KubernetesError {
  let said = text.trim();
  try {
    const value = parseJson(text);
    if (isRecord(value) && typeof value["message"] === "string") said = value["message"];
  } catch {
    // Proxies before an API server answer in words of their own.
  }
  return new KubernetesError(status, said === "" ? `the server answered with status ${status}` : said.slice(0, 4096));
}

/** An event of a watch; `undefined` for a line that is none. */
export function readEvent(line: string): { readonly type: string; readonly object: KubernetesObject } | undefined {
  const value = parseJson(line);
  if (!isRecord(value) || typeof value["type"] !== "string" || !isKubernetesObject(value["object"])) return undefined;
  return { type: value["type"], object: value["object"] };
}

/** Whether plain data has the form that every object of Kubernetes has. */
export function isKubernetesObject(value: unknown): value is KubernetesObject {
  if (!isRecord(value) || !isText(value["kind"]) || !isText(value["apiVersion"])) return false;
  const { metadata } = value;
  if (metadata === undefined) return true;
  if (!isRecord(metadata)) return false;
  const { name, namespace, resourceVersion, labels, annotations } = metadata;
  return [name, namespace, resourceVersion].every(isText) && isTextMap(labels) && isTextMap(annotations);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KubernetesError(0, "the API server's answer is no JSON", { cause });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isTextMap(value: unknown): boolean {
  return value === undefined || (isRecord(value) && Object.values(value).every((entry) => typeof entry === "string"));
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function toLength(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}
