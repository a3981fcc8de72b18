import type { ParamMap, ParamValue } from "./param-value.ts";

/** Deeper settings are refused, so that no file can exhaust the stack. */
const deepest = 500;

/**
 * Plain data, as of `JSON.parse` or a YAML reader, in the form of parameters: objects become maps, what is `undefined` is
 * left out. Throws `TypeError` for what is no data, and where the outermost value is no object.
 */
export function toParamMap(value: unknown): ParamMap {
  const found = toParamValue(value, 0);
  if (isMap(found)) return found;
  throw new TypeError(`parameters are an object, not ${describe(value)}`);
}

function toParamValue(value: unknown, depth: number): ParamValue {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return value;
  }
  if (typeof value !== "object") throw new TypeError(`a parameter cannot be ${describe(value)}`);
  if (depth > deepest) throw new TypeError(`parameters are nested more than ${deepest} deep`);
  if (Array.isArray(value)) return value.map((item: unknown) => toParamValue(item ?? null, depth + 1));
  const entries: Iterable<readonly [unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  const map = new Map<string, ParamValue>();
  for (const [key, item] of entries) {
    if (typeof key !== "string") throw new TypeError(`a parameter cannot be named by ${describe(key)}`);
    if (item !== undefined) map.set(key, toParamValue(item, depth + 1));
  }
  return map;
}

function isMap(value: ParamValue): value is ParamMap {
  return value instanceof Map;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return value === null ? "null" : `a ${typeof value}`;
}
