import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { encodeArguments } from "./encode-arguments.ts";
import { encodeResult } from "./encode-result.ts";
import { deepest, largestArguments, largestResult } from "./encoded-value.ts";

class Model {
  readonly loss = 1;
}
class Registry extends Map<string, number> {}

const throwing = {
  get loss(): number {
    throw new Error("not computed");
  },
};

const refused: readonly (readonly [what: string, value: unknown, message: string])[] = [
  ["a function", { model: { loss: () => 1 } }, "args[0].model.loss is a function; send data"],
  ["a symbol", [Symbol("x")], "args[0][0] is a symbol; send a string"],
  ["a field named by a symbol", { a: { [Symbol("x")]: 1 } }, "args[0].a has the field Symbol(x); "],
  ["a class's object", { model: new Model() }, "args[0].model is an object of the class Model; send plain data"],
  [
    "a class that extends Map",
    { "my registry": new Registry() },
    'args[0]["my registry"] is an object of the class Registry',
  ],
  ["a promise", [Promise.resolve(1)], "args[0][0] is a promise; await it first"],
  ["a WeakMap", new WeakMap(), "args[0] is a WeakMap, which cannot be read as a whole"],
  ["a stream", { log: Readable.from([]) }, "args[0].log is a stream (Readable)"],
  ["a web stream", new Response("x").body, "args[0] is a stream (ReadableStream)"],
  ["an accessor that throws", { model: throwing }, "args[0].model.loss cannot be read (not computed)"],
  ["a proxy that is gone", revoked(), "args[0] cannot be read ("],
  ["a value in a Map", new Map([["loss", [() => 1]]]), 'args[0].get("loss")[0] is a function'],
  ["a key of a Map", new Map([[new Model(), 1]]), "args[0].keys(0) is an object of the class Model"],
  ["a value of a Set", new Set([1, Symbol("x")]), "args[0].values(1) is a symbol"],
  ["the cause of an error", new Error("no", { cause: () => 1 }), "args[0].cause is a function"],
  ["a match", "abc".match(/b/), 'args[0] is an array with a field of its own, "index"; send [...array]'],
  ["an array with a field", Object.assign([1], { "-1": 2 }), 'args[0] is an array with a field of its own, "-1"'],
  ["a Set with a field", Object.assign(new Set(), { tag: 1 }), "args[0] is a Set with fields of its own"],
  ["shared memory", new SharedArrayBuffer(8), "args[0] is shared memory"],
  ["a boxed number", Object(1), "args[0] is a Number object; send the plain value"],
  ["a generator", (function* () {})(), "args[0] is an object of the class "],
  ["an object that extends another", Object.create({ loss: 1 }), "args[0] is an object of the class Object"],
];

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe("what cannot travel is refused with its path and a remedy", () => {
  test.each(refused)("%s", (_what, value, message) => {
    expect(() => encodeArguments([value])).toThrow(expect.objectContaining({ code: "NOT_SERIALISABLE" }));
    expect(() => encodeArguments([value])).toThrow(message);
  });

  test("a path of a thousand steps is told in short", () => {
    let nested: unknown = () => 1;
    for (let level = 0; level < 900; level += 1) nested = { nested };
    expect(() => encodeArguments([nested])).toThrow(/^args\[0\]\.nested\..{0,200} … .{0,200}\.nested is a function; /);
  });
});

test("a value may be nested a thousand levels deep, and is refused beyond, however deep", () => {
  const nestedBy = (levels: number): unknown => {
    let nested: unknown[] = [];
    for (let level = 0; level < levels; level += 1) nested = [nested];
    return nested;
  };
  expect(() => encodeResult(nestedBy(deepest), { fileName: String })).not.toThrow();
  for (const levels of [deepest + 1, 1_000_000]) {
    expect(() => encodeResult(nestedBy(levels), { fileName: String })).toThrow(/is nested deeper than 1000 levels; /);
  }
});

describe("what is too large is refused with what to do instead", () => {
  test("arguments of more JSON than a script may hold", () => {
    const text = "x".repeat(largestArguments - 4);
    expect(encodeArguments([text]).json).toHaveLength(largestArguments);
    for (const args of [
      [`${text}x`],
      ["ü".repeat(largestArguments / 2)],
      Array.from({ length: largestArguments }, () => 1),
    ]) {
      expect(() => encodeArguments(args)).toThrow(
        expect.objectContaining({
          code: "LIMIT_EXCEEDED",
          message: expect.stringContaining("args: more than 3 MiB of JSON; send a Uint8Array"),
        }),
      );
    }
  });

  test("one buffer, and buffers together", () => {
    expect(() => encodeArguments([{ weights: new Uint8Array(64 * 1024 * 1024 + 1) }])).toThrow(
      expect.objectContaining({
        code: "LIMIT_EXCEEDED",
        message: expect.stringContaining("args[0].weights is a Uint8Array of 67108865 bytes"),
      }),
    );
    const half = new Uint8Array(largestResult / 2);
    expect(() => encodeResult([half, half.slice()], { fileName: String })).toThrow(
      expect.objectContaining({ code: "LIMIT_EXCEEDED", message: expect.stringContaining("return its path") }),
    );
    expect(encodeResult([half, half], { fileName: String }).files).toHaveLength(1);
  });
});
