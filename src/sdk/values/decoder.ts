import { binaryFrom } from "./binary.ts";
import { deepest } from "./encoded-value.ts";
import { errorTypes } from "./error-parts.ts";
import { countIn, fieldsOf, fileKey, jobKey, listIn, readBytes, readJob, textIn, unreadable } from "./read-tag.ts";

const oddNumbers: ReadonlyMap<unknown, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

/** The most that the length of an array can be. */
const longestArray = 2 ** 32 - 1;

/**
 * Builds a value from parsed JSON. Objects are counted as the encoder counted them, each before what it holds, so that a
 * `$ref` finds the object itself though it is still being filled.
 */
export class Decoder {
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #jobs: ReadonlyMap<string, unknown>;
  readonly #met: object[] = [];

  constructor(files: ReadonlyMap<string, Uint8Array>, jobs: ReadonlyMap<string, unknown>) {
    this.#files = files;
    this.#jobs = jobs;
  }

  value(encoded: unknown, depth: number): unknown {
    if (typeof encoded !== "object" || encoded === null) return encoded;
    if (depth > deepest) throw unreadable(`it is nested deeper than ${String(deepest)} levels`);
    if (Array.isArray(encoded)) return this.#array(encoded, depth);
    const tag = tagOf(encoded);
    return tag === undefined
      ? this.#fill(this.#meet({}), encoded, depth)
      : this.#tagged(tag, Reflect.get(encoded, tag), depth);
  }

  #meet<T extends object>(value: T): T {
    this.#met.push(value);
    return value;
  }

  #array(encoded: readonly unknown[], depth: number): unknown[] {
    const array: unknown[] = this.#meet([]);
    let length = 0;
    for (const item of encoded) {
      const holes = holesOf(item);
      if (holes === undefined) array[length] = this.value(item, depth + 1);
      length += holes ?? 1;
      if (length > longestArray) throw unreadable("an array is longer than any can be");
    }
    array.length = length;
    return array;
  }

  #fill(target: object, encoded: object, depth: number): object {
    for (const [key, held] of Object.entries(encoded)) {
      setOwn(target, key.startsWith("$$") ? key.slice(1) : key, this.value(held, depth + 1));
    }
    return target;
  }

  #tagged(tag: string, held: unknown, depth: number): unknown {
    switch (tag) {
      case "$undefined":
        if (held !== true) throw unreadable("$undefined holds something");
        return undefined;
      case "$number": {
        const number = oddNumbers.get(held);
        if (number === undefined) throw unreadable("$number holds no number");
        return number;
      }
      case "$bigint": {
        const digits = textIn(tag, held);
        if (!/^(?:0|-?[1-9]\d*)$/.test(digits)) throw unreadable("$bigint holds no whole number");
        return BigInt(digits);
      }
      case "$ref": {
        const met = this.#met[countIn(tag, held)];
        if (met === undefined) throw unreadable("$ref names an object that has not come");
        return met;
      }
      case "$job":
        return this.#jobs.get(jobKey(readJob(held)));
      case "$nullPrototype":
        return this.#bare(held, depth);
      case "$date":
        return this.#meet(dateFrom(held));
      case "$regexp": {
        const { source, flags } = fieldsOf(tag, held, ["source", "flags"]);
        return this.#meet(new RegExp(textIn(tag, source), textIn(tag, flags)));
      }
      case "$url":
        return this.#meet(new URL(textIn(tag, held)));
      case "$bytes":
        return this.#binary(held);
      case "$map":
        return this.#map(listIn(tag, held), depth);
      case "$set": {
        const set = this.#meet(new Set<unknown>());
        for (const item of listIn(tag, held)) set.add(this.value(item, depth + 1));
        return set;
      }
      case "$error":
        return this.#error(held, depth);
      default:
        throw unreadable(`it has the unknown mark ${JSON.stringify(tag.slice(0, 40))}`);
    }
  }

  #bare(held: unknown, depth: number): object {
    if (typeof held !== "object" || held === null || Array.isArray(held))
      throw unreadable("$nullPrototype holds no object");
    if (tagOf(held) !== undefined) throw unreadable("$nullPrototype holds a mark");
    const bare: object = Object.create(null);
    return this.#fill(this.#meet(bare), held, depth);
  }

  #map(entries: readonly unknown[], depth: number): Map<unknown, unknown> {
    const map = this.#meet(new Map<unknown, unknown>());
    for (const entry of entries) {
      const pair = listIn("$map", entry);
      if (pair.length !== 2) throw unreadable("$map holds an entry that is no pair");
      const key = this.value(pair[0], depth + 1);
      map.set(key, this.value(pair[1], depth + 1));
    }
    return map;
  }

  #binary(held: unknown): object {
    const { kind, ...content } = readBytes(held);
    const bytes = content.file === undefined ? content.inline : this.#files.get(fileKey(content.file));
    const value = bytes === undefined ? undefined : binaryFrom(kind, bytes);
    if (value === undefined) throw unreadable(`$bytes holds no ${JSON.stringify(kind.slice(0, 40))}`);
    return this.#meet(value);
  }

  #error(held: unknown, depth: number): Error {
    const parts = fieldsOf("$error", held, ["type", "name", "message", "stack", "cause", "errors", "fields"]);
    const [type, name, message] = ["type", "name", "message"].map((part) => textIn("$error", parts[part]));
    const error = this.#meet((errorTypes.get(type ?? "") ?? unknownType())(message === "" ? undefined : message));
    if (name !== error.name) setHidden(error, "name", name);
    // What stands here is of this process, and says nothing about where the error was.
    setHidden(
      error,
      "stack",
      parts["stack"] === undefined ? `${String(name)}: ${String(message)}` : textIn("$error", parts["stack"]),
    );
    for (const part of ["cause", "errors"]) {
      if (parts[part] !== undefined) setHidden(error, part, this.value(parts[part], depth + 1));
    }
    const { fields } = parts;
    if (fields === undefined) return error;
    if (typeof fields !== "object" || fields === null || Array.isArray(fields) || tagOf(fields) !== undefined) {
      throw unreadable("the fields of $error are no object");
    }
    this.#fill(error, fields, depth);
    return error;
  }
}

function unknownType(): never {
  throw unreadable("$error is of an unknown type");
}

/** The mark of an object that stands for something else; it has no other key. */
function tagOf(encoded: object): string | undefined {
  const keys = Object.keys(encoded);
  const tag = keys.find((key) => key.startsWith("$") && !key.startsWith("$$"));
  if (tag !== undefined && keys.length > 1)
    throw unreadable(`beside ${JSON.stringify(tag.slice(0, 40))} stands another field`);
  return tag;
}

function holesOf(item: unknown): number | undefined {
  if (typeof item !== "object" || item === null || !Object.hasOwn(item, "$hole")) return undefined;
  const holes = countIn("$hole", fieldsOf("$hole", item, ["$hole"])["$hole"]);
  if (holes === 0) throw unreadable("$hole is empty");
  return holes;
}

function dateFrom(held: unknown): Date {
  if (held === null) return new Date(Number.NaN);
  const date = new Date(textIn("$date", held));
  if (Number.isNaN(date.getTime()) || date.toISOString() !== held) throw unreadable("$date holds no date");
  return date;
}

/** A field of the object's own, whatever its name: assigning to `__proto__` would set the prototype. */
function setOwn(target: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    Reflect.set(target, key, value);
  }
}

function setHidden(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: false, configurable: true, writable: true });
}
