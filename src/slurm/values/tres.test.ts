import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatTres, parseTres, readTresAmounts } from "./tres.ts";
import { describeValueReader } from "./value-reader.contract.ts";

describeValueReader("parseTres", parseTres, "cpu=4,mem1G/:");
describeValueReader(
  "readTresAmounts",
  (text) => readTresAmounts(parseTres(`cpu=${text},gres/gpu=${text}`)),
  "019kmG=:",
);

describe("parseTres", () => {
  test("keeps names and values as they are, in their order", () => {
    const text = "cpu=4,mem=1G,node=1,billing=4,gres/gpu=2,gres/gpu:fake=2,license/a@b=1";
    expect([...parseTres(text).keys()]).toEqual([
      "cpu",
      "mem",
      "node",
      "billing",
      "gres/gpu",
      "gres/gpu:fake",
      "license/a@b",
    ]);
    expect(formatTres(parseTres(text))).toBe(text);
  });

  test.each(["", "(null)", "N/A"])("finds nothing in %j", (text) => {
    expect(parseTres(text).size).toBe(0);
  });

  test.each(["cpu", "cpu=", "=4", "cpu=4,", ",cpu=4", "cpu=4,,mem=1G"])("refuses %j", (text) => {
    expect(() => parseTres(text)).toThrow(/^TRES .*a name or a value is missing; write NAME=VALUE/);
  });

  test("refuses a name that stands twice", () => {
    expect(() => parseTres("cpu=4,cpu=5")).toThrow(/cpu stands twice; leave one of them out/);
  });

  test("reads back what formatTres wrote", () => {
    const word = fc.stringMatching(/^[a-z/:]{1,9}$/);
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(word, word), { selector: ([name]) => name, minLength: 1 }), (items) => {
        expect([...parseTres(formatTres(new Map(items)))]).toEqual(items);
      }),
    );
  });
});

describe("readTresAmounts", () => {
  test("reads CPUs, memory, nodes and generic resources", () => {
    expect(readTresAmounts(parseTres("cpu=4,mem=1.5G,node=2,billing=4,gres/gpu=2,gres/gpu:fake=2"))).toEqual({
      cpus: 4,
      memoryMb: 1536,
      nodes: 2,
      gres: [
        { name: "gpu", count: 2 },
        { name: "gpu", type: "fake", count: 2 },
      ],
    });
  });

  test("leaves out what the list does not name", () => {
    expect(readTresAmounts(parseTres("billing=1"))).toEqual({ gres: [] });
  });

  test("refuses an amount that is no number", () => {
    expect(() => readTresAmounts(parseTres("cpu=many"))).toThrow(/count "many"/);
    expect(() => readTresAmounts(parseTres("mem=8?"))).toThrow(/memory size in Slurm's output "8\?"/);
  });
});
