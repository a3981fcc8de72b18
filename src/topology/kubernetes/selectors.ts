import { KubernetesError, type KubernetesObject } from "../kubernetes-api.ts";

type Requirement = (labels: Readonly<Record<string, string>>) => boolean;

/**
 * Reads a label selector as an API server does: `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x,y)`, `a`, `!a`, joined by commas.
 * Throws `KubernetesError` (400) for anything else.
 */
export function parseLabelSelector(text: string): (object: KubernetesObject) => boolean {
  const requirements = splitOutsideBrackets(text).map((part) => parseRequirement(part.trim(), text));
  return ({ metadata }) => requirements.every((holds) => holds(metadata?.labels ?? {}));
}

/** Reads a field selector: `metadata.name=x`, `spec.nodeName!=y`. A field that is absent counts as empty. */
export function parseFieldSelector(text: string): (object: KubernetesObject) => boolean {
  const terms = text.split(",").map((term) => {
    const [, path, operator, value] = /^([\w.]+)(==?|!=)(.*)$/.exec(term.trim()) ?? [];
    if (path === undefined || value === undefined) throw refused(text);
    return { path: path.split("."), isWanted: operator !== "!=", value };
  });
  return (object) => terms.every(({ path, isWanted, value }) => (fieldOf(object, path) === value) === isWanted);
}

function parseRequirement(part: string, whole: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((value) => value.trim()));
    return (labels) => values.has(labels[key] ?? "\0") === (operator === "in");
  }
  const equality = /^([^\s=!]+)\s*(==?|!=)\s*([^\s=!]*)$/.exec(part);
  if (equality !== null) {
    const [, key = "", operator, value] = equality;
    return (labels) => (labels[key] === value) === (operator !== "!=");
  }
  const presence = /^(!?)\s*([^\s=!()]+)$/.exec(part);
  if (presence === null) throw refused(whole);
  const [, negation, key = ""] = presence;
  return (labels) => Object.hasOwn(labels, key) === (negation === "");
}

function splitOutsideBrackets(text: string): string[] {
  return text.trim() === "" ? [] : text.split(/,(?![^(]*\))/);
}

function fieldOf(object: unknown, path: readonly string[]): string {
  let value: unknown = object;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return "";
    value = Reflect.get(value, name);
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function refused(selector: string): KubernetesError {
  return new KubernetesError(400, `unable to parse requirement: ${selector}`);
}
