import { compareBytes } from "../names/compare-bytes.ts";
import type { ParamValue } from "./param-value.ts";

/** Deeper values are cut short, so that no value can exhaust the stack. */
const deepest = 500;

/** The type that Topograph's messages name for a value (Go's `%T` of decoded JSON). */
export function goTypeOf(value: ParamValue): string {
  if (value === null) return "<nil>";
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  return isList(value) ? "[]interface {}" : "map[string]interface {}";
}

/** The kind of a value, of which there are fewer than types: `map`, `slice`. */
export function goKindOf(value: ParamValue): string {
  if (isList(value)) return "slice";
  return value !== null && typeof value === "object" ? "map" : goTypeOf(value);
}

/** A value as Topograph's messages show it (Go's `%v`), and what a string parameter takes of a value that is none. */
export function goText(value: ParamValue, depth = 0): string {
  if (value === null) return "<nil>";
  if (typeof value === "number") return goNumber(value);
  if (typeof value !== "object") return String(value);
  if (depth === deepest) return "…";
  if (isList(value)) return `[${value.map((item) => goText(item, depth + 1)).join(" ")}]`;
  const entries = [...value].sort(([a], [b]) => compareBytes(a, b));
  return `map[${entries.map(([key, item]) => `${key}:${goText(item, depth + 1)}`).join(" ")}]`;
}

export function isList(value: ParamValue): value is readonly ParamValue[] {
  return Array.isArray(value);
}

/** Whole numbers are written out: a node that is called 1000001 is not called 1.000001e+06. */
function goNumber(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const size = Math.abs(value);
  const text = size !== 0 && size < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}
