import { types } from "node:util";
import { SluiceError } from "../../errors.ts";
import { binaryOf } from "./binary.ts";
import { deepest, largestFile, largestInline } from "./encoded-value.ts";
import { errorPartsOf } from "./error-parts.ts";
import { jobMarkOf, type JobReference } from "./job-marker.ts";
import { classNameOf, isOfBuiltIn, isPlain } from "./plain-class.ts";
import { refusalOfClass } from "./refused-class.ts";
import { entryStep, fieldStep, Refusal } from "./value-path.ts";

export interface Encoding {
  /** What the value is called in messages: `args`, `result`. */
  readonly root: string;
  /** Of the JSON, in bytes. */
  readonly largest: number;
  /** Of values that are larger. */
  readonly remedy: string;
  /** Puts a large buffer beside, and returns the fields that name it. */
  readonly beside: (bytes: Uint8Array) => Readonly<Record<string, string>>;
}

/**
 * A value as one line of JSON, and the jobs whose values it holds.
 *
 * What JSON has no word for is an object with one key that begins with `$`: `{"$date":"…"}`, `{"$map":[[key,value],…]}`. A
 * key of the user's that begins with `$` gets another one. Objects and arrays are counted in the order in which they begin;
 * one that was met before, a cycle too, is `{"$ref":number}`. Throws `NOT_SERIALISABLE` with the path and what to do, and
 * `LIMIT_EXCEEDED`.
 */
export function encodeValue(
  value: unknown,
  encoding: Encoding,
): { readonly json: string; readonly jobs: JobReference[] } {
  const encoder = new Encoder(encoding);
  try {
    encoder.value(value, 0);
  } catch (error) {
    throw error instanceof SluiceError ? error : asRefusal(error).toError(encoding.root);
  }
  return { json: encoder.json(), jobs: [...encoder.jobs.values()] };
}

class Encoder {
  readonly jobs = new Map<string, JobReference>();
  readonly #encoding: Encoding;
  readonly #numbers = new Map<object, number>();
  #json = "";

  constructor(encoding: Encoding) {
    this.#encoding = encoding;
  }

  json(): string {
    if (Buffer.byteLength(this.#json) > this.#encoding.largest) throw this.#tooLarge();
    return this.#json;
  }

  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return this.#write(
          isJsonNumber(value) ? String(value) : `{"$number":"${Object.is(value, -0) ? "-0" : String(value)}"}`,
        );
      case "boolean":
        return this.#write(String(value));
      case "undefined":
        return this.#write('{"$undefined":true}');
      case "bigint":
        return this.#write(`{"$bigint":"${String(value)}"}`);
      case "object":
        return value === null ? this.#write("null") : this.#reference(value, depth);
      case "function":
        if (jobMarkOf(value) !== undefined) return this.#reference(value, depth);
        throw new Refusal("is a function", "send data, and let the task's own module import what it calls");
      case "symbol":
        throw new Refusal("is a symbol", "send a string");
    }
  }

  #reference(value: object, depth: number): void {
    if (depth > deepest) {
      throw new Refusal(`is nested deeper than ${String(deepest)} levels`, "send a flat array, or the path of a file");
    }
    const met = this.#numbers.get(value);
    if (met !== undefined) return this.#write(`{"$ref":${String(met)}}`);
    const mark = jobMarkOf(value);
    if (mark !== undefined && !("tasks" in mark)) return this.#job(mark);
    this.#numbers.set(value, this.#numbers.size);
    if (mark !== undefined) {
      return this.#list(mark.tasks, (task) => this.#job({ id: mark.id, task }));
    }
    if (Array.isArray(value) && isOfBuiltIn(value, 1)) return this.#array(value, depth);
    if (isPlain(value)) return this.#plain(value, depth);
    return this.#builtIn(value, depth);
  }

  #job(job: JobReference): void {
    const json = JSON.stringify(job.task === undefined ? { id: job.id } : { id: job.id, task: job.task });
    this.jobs.set(json, job);
    this.#write(`{"$job":${json}}`);
  }

  #array(array: readonly unknown[], depth: number): void {
    const keys = Object.keys(array);
    const isDense = keys.length === array.length && (keys.length === 0 || keys.at(-1) === String(keys.length - 1));
    const indexes = isDense ? undefined : keys.map((key) => indexOf(key, array.length));
    this.#write("[");
    let end = 0;
    for (let at = 0; at < keys.length; at += 1) {
      const index = indexes?.[at] ?? at;
      this.#holes(index - end, end);
      if (index > 0) this.#write(",");
      try {
        this.value(array[index], depth + 1);
      } catch (error) {
        throw onTheWayUp(error, `[${String(index)}]`);
      }
      end = index + 1;
    }
    this.#holes(array.length - end, end);
    this.#write("]");
  }

  #holes(count: number, before: number): void {
    if (count > 0) this.#write(`${before > 0 ? "," : ""}{"$hole":${String(count)}}`);
  }

  #plain(value: object, depth: number): void {
    const hasPrototype = Object.getPrototypeOf(value) !== null;
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (!Object.prototype.propertyIsEnumerable.call(value, symbol)) continue;
      throw new Refusal(`has the field ${String(symbol)}`, "send fields whose names are strings");
    }
    if (!hasPrototype) this.#write('{"$nullPrototype":');
    this.#fields(value, Object.keys(value), depth);
    if (!hasPrototype) this.#write("}");
  }

  /** Own fields of an object, as an object of JSON. */
  #fields(value: object, keys: readonly string[], depth: number): void {
    this.#write("{");
    for (const [position, key] of keys.entries()) {
      if (position > 0) this.#write(",");
      this.#text(key.startsWith("$") ? `$${key}` : key);
      this.#write(":");
      try {
        this.value(Reflect.get(value, key), depth + 1);
      } catch (error) {
        throw onTheWayUp(error, fieldStep(key));
      }
    }
    this.#write("}");
  }

  #builtIn(value: object, depth: number): void {
    if (value instanceof Error || types.isNativeError(value)) return this.#error(value, depth);
    const binary = binaryOf(value);
    if (binary !== undefined && isOfBuiltIn(value, viewDepth(binary.kind)))
      return this.#binary(binary.kind, binary.bytes);
    if (!isHeldClass(value) || !isOfBuiltIn(value, 1)) throw refusalOfClass(value);
    if (Object.keys(value).length > 0) {
      throw new Refusal(`is a ${classNameOf(value)} with fields of its own`, "send them beside it, in an object");
    }
    if (types.isMap(value)) return this.#map(value, depth);
    if (types.isSet(value)) return this.#set(value, depth);
    if (types.isRegExp(value)) return this.#tag("$regexp", { source: value.source, flags: value.flags });
    if (value instanceof URL) return this.#tag("$url", value.href);
    return this.#tag("$date", Number.isNaN(value.getTime()) ? null : value.toISOString());
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number): void {
    this.#write('{"$map":');
    this.#list([...map], ([key, value], position) => {
      this.#write("[");
      this.#within(`.keys(${String(position)})`, key, depth);
      this.#write(",");
      this.#within(entryStep(key, position), value, depth);
      this.#write("]");
    });
    this.#write("}");
  }

  #set(set: ReadonlySet<unknown>, depth: number): void {
    this.#write('{"$set":');
    this.#list([...set], (value, position) => this.#within(`.values(${String(position)})`, value, depth));
    this.#write("}");
  }

  #error(error: object, depth: number): void {
    const { type, name, message, stack, cause, errors, fields } = errorPartsOf(error);
    this.#write('{"$error":');
    this.#write(JSON.stringify({ type, name, message, ...(stack === undefined ? {} : { stack }) }).slice(0, -1));
    for (const [part, held] of [
      ["cause", cause],
      ["errors", errors],
    ] as const) {
      if (held === undefined) continue;
      this.#write(`,"${part}":`);
      this.#within(`.${part}`, held.value, depth);
    }
    if (fields.length > 0) {
      this.#write(',"fields":');
      this.#fields(error, fields, depth);
    }
    this.#write("}}");
  }

  #binary(kind: string, bytes: Uint8Array): void {
    if (bytes.byteLength > largestFile) {
      const reason = `is a ${kind} of ${String(bytes.byteLength)} bytes, and ${String(largestFile)} is the most`;
      throw new Refusal(reason, "write it to a file that all nodes see, and send its path", { code: "LIMIT_EXCEEDED" });
    }
    const content =
      bytes.byteLength > largestInline
        ? { ...this.#encoding.beside(bytes), length: bytes.byteLength }
        : { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") };
    this.#tag("$bytes", { kind, ...content });
  }

  #tag(tag: string, content: unknown): void {
    this.#write(`{"${tag}":${JSON.stringify(content)}}`);
  }

  #list<T>(items: readonly T[], item: (value: T, position: number) => void): void {
    this.#write("[");
    for (const [position, value] of items.entries()) {
      if (position > 0) this.#write(",");
      item(value, position);
    }
    this.#write("]");
  }

  #within(step: string, value: unknown, depth: number): void {
    try {
      this.value(value, depth + 1);
    } catch (error) {
      throw onTheWayUp(error, step);
    }
  }

  #text(text: string): void {
    if (text.length > this.#encoding.largest) throw this.#tooLarge();
    this.#write(JSON.stringify(text));
  }

  #write(json: string): void {
    this.#json += json;
    if (this.#json.length > this.#encoding.largest) throw this.#tooLarge();
  }

  #tooLarge(): SluiceError {
    const { root, largest, remedy } = this.#encoding;
    const message = `${root}: more than ${String(largest / 1024 / 1024)} MiB of JSON; ${remedy}`;
    return new SluiceError("LIMIT_EXCEEDED", message, { details: { field: root } });
  }
}

function isJsonNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function isHeldClass(
  value: object,
): value is ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | RegExp | URL | Date {
  return (
    types.isMap(value) || types.isSet(value) || types.isRegExp(value) || types.isDate(value) || value instanceof URL
  );
}

/** The index that a key of an array is; keys that are none come after those that are. */
function indexOf(key: string, length: number): number {
  const index = Number(key);
  if (index >= 0 && index < length && String(index) === key && Number.isInteger(index)) return index;
  throw new Refusal(`is an array with a field of its own, "${key}"`, "send [...array]");
}

/** How many prototypes a binary value stands below `Object.prototype`. */
function viewDepth(kind: string): number {
  if (kind === "ArrayBuffer" || kind === "DataView") return 1;
  return kind === "Buffer" ? 3 : 2;
}

function onTheWayUp(error: unknown, step: string): Error {
  return error instanceof SluiceError ? error : asRefusal(error).from(step);
}

/** What an accessor or a proxy threw is why the value cannot be read. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const why = error instanceof Error ? error.message : typeof error;
  return new Refusal(`cannot be read (${why})`, "leave it out, or send what it should be", { cause: error });
}
