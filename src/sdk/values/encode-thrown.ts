import { inspect, types } from "node:util";
import { encodeResult, type ResultNames } from "./encode-result.ts";
import type { EncodedResult } from "./encoded-value.ts";
import { errorPartsOf, errorTypes } from "./error-parts.ts";

/** How many causes of causes are told. */
const mostCauses = 20;

/** The longest text that stands for something that cannot travel. */
const longestText = 1_000;

/**
 * What a task threw. Nothing of it may hide that it failed, so this throws nothing: where something of it cannot travel,
 * such as the request in an error of an HTTP client, a text says what it was.
 */
export function encodeThrown(thrown: unknown, names: ResultNames): EncodedResult {
  for (const attempt of [() => thrown, () => withoutUnsendable(thrown, mostCauses)]) {
    try {
      return encodeResult(attempt(), { ...names, root: "error" });
    } catch {
      // The next attempt tells less.
    }
  }
  return encodeResult(new Error(inWords(thrown)), names);
}

/** The same error with texts in place of what cannot travel. */
function withoutUnsendable(value: unknown, causesLeft: number): unknown {
  if (canTravel(value)) return value;
  if (!isError(value) || causesLeft === 0) return inWords(value);
  const { type, name, message, stack, cause, errors, fields } = errorPartsOf(value);
  const copy = (errorTypes.get(type) ?? errorTypes.get("Error"))?.(message) ?? new Error(message);
  const hidden = {
    name,
    stack,
    ...(cause === undefined ? {} : { cause: withoutUnsendable(cause.value, causesLeft - 1) }),
    ...(errors === undefined ? {} : { errors: partsOf(errors.value, causesLeft - 1) }),
  };
  for (const [key, held] of Object.entries(hidden)) define(copy, key, held, false);
  for (const key of fields) define(copy, key, withoutUnsendable(fieldOf(value, key), 0), true);
  return copy;
}

function partsOf(errors: unknown, causesLeft: number): unknown {
  return Array.isArray(errors) ? errors.map((error: unknown) => withoutUnsendable(error, causesLeft)) : inWords(errors);
}

function canTravel(value: unknown): boolean {
  try {
    encodeResult(value, { fileName: (position) => `${String(position)}.bin` });
    return true;
  } catch {
    return false;
  }
}

function isError(value: unknown): value is object {
  return types.isNativeError(value) || value instanceof Error;
}

function fieldOf(object: object, key: string): unknown {
  try {
    return Reflect.get(object, key);
  } catch (error) {
    return error instanceof Error ? error.message : undefined;
  }
}

function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, configurable: true, writable: true });
}

function inWords(value: unknown): string {
  try {
    return inspect(value, { depth: 1, breakLength: Infinity }).slice(0, longestText);
  } catch {
    return `something that cannot be shown (${typeof value})`;
  }
}
