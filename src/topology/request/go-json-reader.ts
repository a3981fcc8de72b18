import type { ParamValue } from "../params/param-value.ts";
import { GoJsonScanner, type GoJsonError } from "./go-json-scanner.ts";

/** A number that float64 cannot hold, as it was written; whether that is an error depends on who wants it. */
export class HugeNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An object with all of its members in their order, also those whose key stands twice. */
export class JsonObject {
  readonly keys: string[] = [];
  readonly values: JsonValue[] = [];
}

export type JsonValue = null | boolean | number | string | HugeNumber | JsonObject | JsonValue[] | JsonMap;
/** An object of which the last member of a key counts. */
export type JsonMap = Map<string, JsonValue>;

/** Go's own bound of encoding/json. */
const deepest = 10_000;

interface OpenArray {
  readonly items: JsonValue[];
}

interface OpenObject {
  readonly object: JsonObject | JsonMap;
  key: string;
}

/**
 * Reads a JSON text as Go's encoding/json does. The outermost `shallow` levels of objects keep members whose key stands
 * twice, for Go merges those of a struct; deeper the last one counts. Throws `GoJsonError` with Go's words.
 */
export function readGoJson(bytes: Uint8Array, { shallow }: { readonly shallow: number }): JsonValue {
  const scanner = new GoJsonScanner(bytes);
  // Its own stack: texts may be nested deeper than calls may.
  const open: (OpenArray | OpenObject)[] = [];
  for (;;) {
    let value: JsonValue;
    const unit = scanner.peek();
    if (unit === 0x7b || unit === 0x5b) {
      if (open.length >= deepest) throw scanner.fail("exceeded max depth");
      scanner.skip();
      const isObject = unit === 0x7b;
      if (scanner.peek() === (isObject ? 0x7d : 0x5d)) {
        scanner.skip();
        value = isObject ? newObject(open.length < shallow) : [];
      } else {
        open.push(isObject ? { object: newObject(open.length < shallow), key: readKey(scanner) } : { items: [] });
        continue;
      }
    } else {
      value = readScalar(scanner, unit);
    }
    const whole = place(value, open, scanner);
    if (whole !== undefined) return whole.value;
  }
}

/** Puts a value where it belongs, and closes what ends behind it; the whole, once that has ended. */
function place(
  value: JsonValue,
  open: (OpenArray | OpenObject)[],
  scanner: GoJsonScanner,
): { readonly value: JsonValue } | undefined {
  for (;;) {
    const around = open.at(-1);
    const unit = scanner.peek();
    if (around === undefined) {
      if (unit !== -1) throw scanner.fail("after top-level value");
      return { value };
    }
    if ("items" in around) {
      around.items.push(value);
      if (unit !== 0x2c && unit !== 0x5d) throw scanner.fail("after array element");
      scanner.skip();
      if (unit === 0x2c) return undefined;
      value = around.items;
    } else {
      setMember(around, value);
      if (unit !== 0x2c && unit !== 0x7d) throw scanner.fail("after object key:value pair");
      scanner.skip();
      if (unit === 0x2c) {
        around.key = readKey(scanner);
        return undefined;
      }
      value = around.object;
    }
    open.pop();
  }
}

function newObject(isShallow: boolean): JsonObject | JsonMap {
  return isShallow ? new JsonObject() : new Map<string, JsonValue>();
}

function setMember({ object, key }: OpenObject, value: JsonValue): void {
  if (object instanceof JsonObject) {
    object.keys.push(key);
    object.values.push(value);
  } else {
    object.set(key, value);
  }
}

function readKey(scanner: GoJsonScanner): string {
  if (scanner.peek() !== 0x22) throw scanner.fail("looking for beginning of object key string");
  const key = scanner.string();
  if (scanner.peek() !== 0x3a) throw scanner.fail("after object key");
  scanner.skip();
  return key;
}

function readScalar(scanner: GoJsonScanner, unit: number): JsonValue {
  switch (unit) {
    case 0x22:
      return scanner.string();
    case 0x74:
      scanner.word("true");
      return true;
    case 0x66:
      scanner.word("false");
      return false;
    case 0x6e:
      scanner.word("null");
      return null;
    default: {
      if (unit !== 0x2d && !(unit >= 0x30 && unit <= 0x39)) throw beginning(scanner);
      const text = scanner.number();
      const number = Number(text);
      return Number.isFinite(number) ? number : new HugeNumber(text);
    }
  }
}

function beginning(scanner: GoJsonScanner): GoJsonError {
  return scanner.fail("looking for beginning of value");
}

/** The first number in it that float64 cannot hold. */
export function findHuge(value: JsonValue): HugeNumber | undefined {
  const waiting: JsonValue[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next instanceof HugeNumber) return next;
    const inner = next instanceof Map ? [...next.values()] : Array.isArray(next) ? next : [];
    for (let index = inner.length - 1; index >= 0; index--) waiting.push(inner[index] ?? null);
  }
  return undefined;
}

/** Whether a value below the shallow levels is one of parameters: it holds no huge number. */
export function isParamValue(value: JsonValue): value is ParamValue & JsonValue {
  return !(value instanceof JsonObject) && findHuge(value) === undefined;
}
