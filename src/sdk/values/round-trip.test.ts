import { isDeepStrictEqual } from "node:util";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeValue } from "./decode-value.ts";
import { encodeResult } from "./encode-result.ts";

/** What comes back of a value: through text, as it would travel. */
async function throughJob(value: unknown): Promise<unknown> {
  const { json, files } = encodeResult(value, { fileName: (position) => `result.${String(position)}.bin` });
  expect(json).not.toMatch(/[\n\r]/);
  const beside = new Map(files.map(({ name, bytes }) => [name, Uint8Array.from(bytes)]));
  const fileOf = (name: string): Uint8Array => beside.get(name) ?? new Uint8Array();
  return decodeValue(JSON.parse(Buffer.from(json).toString()), {
    file: (file) => fileOf("name" in file ? file.name : ""),
  });
}

function fieldOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) throw new Error(`there is no ${key}`);
  return Reflect.get(value, key);
}

const key = fc.oneof(
  fc.string(),
  fc.constantFrom("__proto__", "constructor", "toString", "$date", "$$date", "$", "$ref", "$job", "0", "-1", ""),
);

const anything = fc.anything({
  key,
  values: [
    fc.boolean(),
    fc.integer(),
    fc.double(),
    fc.string({ unit: "binary" }),
    fc.constantFrom(undefined, null, Number.NaN, -0, Infinity, -Infinity, "\uD800", "\uDC00x", "\n\r\u2028\0"),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.constantFrom(/a+(?<b>c)/giu, /\//, new RegExp("")),
    fc.webUrl().map((url) => new URL(url)),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.uint8Array().map((bytes) => Uint8Array.from(bytes).buffer),
  ],
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
});

test("whatever data goes to a job comes back as it was", async () => {
  await fc.assert(
    fc.asyncProperty(anything, async (value) => {
      const back = await throughJob(value);
      expect(isDeepStrictEqual(back, value)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("objects that are met twice, cycles too, come back as one object", async () => {
  const node = fc.constantFrom("array", "object", "map", "set", "bare");
  const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.array(node, { minLength: 10, maxLength: 10 }), edges, async (kinds, links) => {
      const nodes = kinds.map((kind) => emptyOf(kind));
      for (const [from, to] of links) link(nodes[from], nodes[to]);
      const [first] = nodes;
      const back = await throughJob(first);
      const there = reached(first);
      const here = reached(back);
      expect(here.map((object) => childrenOf(object).map((child) => here.indexOf(child)))).toEqual(
        there.map((object) => childrenOf(object).map((child) => there.indexOf(child))),
      );
      expect(here.every((object, at) => Object.getPrototypeOf(object) === Object.getPrototypeOf(there[at]))).toBe(true);
    }),
  );
});

function emptyOf(kind: string): object {
  if (kind === "map") return new Map();
  if (kind === "set") return new Set();
  if (kind === "bare") return Object.create(null);
  return kind === "array" ? [] : {};
}

function link(from: object | undefined, to: object | undefined): void {
  if (from instanceof Map) from.set(to, from.size);
  else if (from instanceof Set) from.add(to);
  else if (Array.isArray(from)) from.push(to);
  else if (from !== undefined) Reflect.set(from, `field${String(Object.keys(from).length)}`, to);
}

function childrenOf(object: object): object[] {
  const held: unknown[] =
    object instanceof Map ? [...object.keys()] : object instanceof Set ? [...object] : Object.values(object);
  return held.filter((value): value is object => typeof value === "object" && value !== null);
}

/** Objects in the order in which they are met. */
function reached(from: unknown): object[] {
  const met: object[] = [];
  const visit = (object: object): void => {
    if (met.includes(object)) return;
    met.push(object);
    childrenOf(object).forEach(visit);
  };
  if (typeof from === "object" && from !== null) visit(from);
  return met;
}

describe("values of their own kind", () => {
  test("an invalid date stays one", async () => {
    const back = await throughJob(new Date(Number.NaN));
    expect(back).toBeInstanceOf(Date);
    expect(String(back)).toBe("Invalid Date");
  });

  test("a Buffer comes back as a Buffer of its own, without what lay beside it in memory", async () => {
    const small = Buffer.from("small");
    const back = await throughJob({ small, view: new Uint16Array(small.buffer, 0, 2).fill(7) });
    expect(back).toEqual({ small: Buffer.from("small"), view: Uint16Array.of(7, 7) });
    expect(fieldOf(back, "small")).toBeInstanceOf(Buffer);
    expect(fieldOf(fieldOf(back, "small"), "buffer")).toHaveProperty("byteLength", 5);
  });

  test("a buffer of more than 64 KiB stands beside, smaller ones in the JSON", async () => {
    const large = new Float64Array(8_193).fill(0.5);
    const { json, files } = encodeResult([large, new Uint8Array(65_536)], {
      fileName: (n) => `result.4.${String(n)}.bin`,
    });
    expect(files.map(({ name, bytes }) => [name, bytes.byteLength])).toEqual([["result.4.0.bin", 65_544]]);
    expect(json).toContain('{"$bytes":{"kind":"Float64Array","name":"result.4.0.bin","length":65544}}');
    expect(await throughJob([large])).toEqual([large]);
  });

  test("values made in another realm, as where Jest runs tests, are what they are here", async () => {
    const other: unknown = runInNewContext(
      "({ list: [1, , 3], map: new Map([[1, new Set([2])]]), date: new Date(0), bytes: new Uint8Array([1]), error: new TypeError('no') })",
    );
    const back = await throughJob(other);
    expect(back).toStrictEqual({
      // eslint-disable-next-line no-sparse-arrays
      list: [1, , 3],
      map: new Map([[1, new Set([2])]]),
      date: new Date(0),
      bytes: Uint8Array.of(1),
      error: new TypeError("no"),
    });
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });

  test("an array with a billion holes costs nothing", async () => {
    const sparse: unknown[] = [];
    sparse[1_000_000_000] = "end";
    const { json } = encodeResult(sparse, { fileName: String });
    expect(json).toBe('[{"$hole":1000000000},"end"]');
    const back = await throughJob(sparse);
    expect(back).toHaveLength(1_000_000_001);
    expect(Object.entries(Array.isArray(back) ? back : [])).toEqual([["1000000000", "end"]]);
  });

  test("keys that name the prototype are fields like others", async () => {
    const odd: unknown = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}');
    const back = await throughJob([odd]);
    expect(JSON.stringify(back)).toBe('[{"__proto__":{"polluted":true},"constructor":1}]');
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    expect(fieldOf(fieldOf(back, "0"), "polluted")).toBeUndefined();
  });
});

describe("errors", () => {
  class LossError extends RangeError {
    override readonly name = "LossError";
    readonly step: number;
    constructor(step: number, options: ErrorOptions) {
      super(`no loss at step ${String(step)}`, options);
      this.step = step;
    }
  }

  test("an error comes back with name, message, stack, cause, code and fields", async () => {
    const cause = Object.assign(new TypeError("below"), { code: "ENOENT", path: "/data" });
    const error = new LossError(3, { cause });
    const back = await throughJob(error);
    expect(back).toBeInstanceOf(RangeError);
    expect(back).toMatchObject({ name: "LossError", message: "no loss at step 3", stack: error.stack, step: 3 });
    expect(fieldOf(back, "cause")).toBeInstanceOf(TypeError);
    expect(fieldOf(back, "cause")).toMatchObject({
      name: "TypeError",
      message: "below",
      code: "ENOENT",
      path: "/data",
    });
    expect(Object.entries(back instanceof Error ? back : {})).toEqual([["step", 3]]);
  });

  test("an AggregateError comes back with its errors, and one that is its own cause too", async () => {
    const own = new Error("own");
    own.cause = own;
    const back = await throughJob(new AggregateError([own, "text"], "all failed"));
    if (!(back instanceof AggregateError)) throw new Error("it is no AggregateError");
    expect(back.message).toBe("all failed");
    expect(back.errors[1]).toBe("text");
    expect(back.errors[0].cause).toBe(back.errors[0]);
  });

  test("an error of Node's own keeps its code, and an abort its name", async () => {
    const thrown = await import("node:fs/promises").then(({ readFile }) =>
      readFile("/nowhere/at/all").catch((e: unknown) => e),
    );
    expect(await throughJob(thrown)).toMatchObject({ code: "ENOENT", syscall: "open", path: "/nowhere/at/all" });
    const back = await throughJob(AbortSignal.abort().reason);
    expect(back).toMatchObject({ name: "AbortError", message: "This operation was aborted" });
  });
});
