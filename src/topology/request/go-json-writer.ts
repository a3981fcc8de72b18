import { compareBytes } from "../names/compare-bytes.ts";
import type { ParamMap, ParamValue } from "../params/param-value.ts";
import { ForeignMap } from "./foreign-map.ts";

/**
 * A value as Go's encoding/json writes it: compact, keys in the order of their UTF-8 bytes, `<`, `>`, `&`, U+2028 and U+2029
 * as escapes, numbers as float64. Throws `RangeError` for what JSON has no word for, such as a number that is none.
 */
export function goJson(value: ParamValue): string {
  const parts: string[] = [];
  // What is still to be written, the next piece last: values may be nested as deep as a request may be.
  const waiting: (Text | { readonly value: ParamValue })[] = [{ value }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if ("text" in next) parts.push(next.text);
    else if (isMap(next.value)) pushObject(next.value, waiting);
    else if (isList(next.value)) pushArray(next.value, waiting);
    else parts.push(goJsonScalar(next.value));
  }
  return parts.join("");
}

interface Text {
  readonly text: string;
}

type Waiting = (Text | { readonly value: ParamValue })[];

function pushObject(map: ParamMap, waiting: Waiting): void {
  if (map instanceof ForeignMap) throw new RangeError("json: unsupported type: map[interface {}]interface {}");
  const keys = [...map.keys()].sort(compareBytes);
  waiting.push({ text: "}" });
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index] ?? "";
    waiting.push({ value: map.get(key) ?? null }, { text: `${index === 0 ? "" : ","}${goJsonString(key)}:` });
  }
  waiting.push({ text: "{" });
}

function pushArray(items: readonly ParamValue[], waiting: Waiting): void {
  waiting.push({ text: "]" });
  for (let index = items.length - 1; index >= 0; index--) {
    waiting.push({ value: items[index] ?? null });
    if (index > 0) waiting.push({ text: "," });
  }
  waiting.push({ text: "[" });
}

function goJsonScalar(value: null | boolean | number | string): string {
  if (typeof value === "string") return goJsonString(value);
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) throw new RangeError(`json: unsupported value: ${nameOf(value)}`);
  return Object.is(value, -0) ? "-0" : String(value);
}

function nameOf(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

// Of surrogates the flag `u` finds those alone that are no half of a pair.
const special = /["\\<>&\u2028\u2029\p{Cc}\p{Cs}]/u;
const allSpecial = new RegExp(special, "gu");

/** A text in double quotes, as Go's encoding/json writes it. */
export function goJsonString(text: string): string {
  if (!special.test(text)) return `"${text}"`;
  return `"${text.replace(allSpecial, (character) => shortEscapes[character] ?? escape(character))}"`;
}

function escape(character: string): string {
  const unit = character.charCodeAt(0);
  if (unit >= 0x7f && unit <= 0x9f) return character;
  const shown = unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit;
  return `\\u${shown.toString(16).padStart(4, "0")}`;
}

function isMap(value: ParamValue): value is ParamMap {
  return value instanceof Map;
}

function isList(value: ParamValue): value is readonly ParamValue[] {
  return Array.isArray(value);
}
