import { describe, expect, test } from "vitest";
import { domainsOf, type Domains } from "../../../test/topology-graphs.ts";
import { nameList } from "../names/compress-names.ts";
import { TopologyError } from "../topology-error.ts";
import { domainBlocks } from "./domain-blocks.ts";
import { splitBlocks } from "./split-blocks.ts";

/** Blocks as tests read them: `001 domain nodes`, and `001` alone where a block keeps a place. */
function split(domains: Domains, sizes: readonly number[], mostBlocks = 1000): readonly string[] {
  const layout = splitBlocks(domainBlocks(domainsOf(domains), undefined), sizes, mostBlocks);
  const blocks = layout.blocks.map(({ id, domain, nodes }) => `${id.slice(5)} ${domain} ${nameList(nodes)}`.trim());
  return [...blocks, layout.sizes.join(",")];
}

// Inputs and results of the tests of Topograph's package `translate`.
describe("domains without sub-domains", () => {
  test("of 18, 5 and 9 nodes take the blocks of the largest each", () => {
    expect(split({ "A-two": "m[1-5]", "B-one": "n[1-18]", "C-three": "k[1-9]" }, [9, 18])).toEqual([
      "001 A-two m[1-5]",
      "002",
      "003 B-one n[1,10-17]",
      "004 B-one n[2-9,18]",
      "005 C-three k[1-9]",
      "006",
      "9,18",
    ]);
  });

  test("take only what they need where there is one size", () => {
    expect(split({ a1: "n[10-12]", a2: "n[20-21]", a3: "n[31-33]" }, [2])).toEqual([
      "001 a1 n[10-11]",
      "002 a1 n12",
      "003 a2 n[20-21]",
      "004 a3 n[31-32]",
      "005 a3 n33",
      "2",
    ]);
    expect(split({ d: "h[0-4]" }, [2])).toEqual(["001 d h[0-1]", "002 d h[2-3]", "003 d h4", "2"]);
  });

  test("are never together in a block, however small they are", () => {
    expect(split({ B1: "Node[101-103]", B2: "Node[201-202] Node205" }, [8, 16])).toEqual([
      "001 B1 Node[101-103]",
      "002 B2 Node[201-202,205]",
      "8,16",
    ]);
  });

  test("are filled up with empty blocks until the largest size is complete", () => {
    expect(split({ B1: "Node[104-106]", B3: "Node[304-306]", B4: "Node[401-403]" }, [4, 8, 16])).toEqual([
      "001 B1 Node[104-106]",
      "002 B3 Node[304-306]",
      "003 B4 Node[401-403]",
      "004",
      "4,8,16",
    ]);
    expect(split({ B1: "n[1-2]" }, [2, 4])).toEqual(["001 B1 n[1-2]", "002", "2,4"]);
    expect(split({ B1: "Node[100-111]" }, [4, 8, 16])).toEqual([
      "001 B1 Node[100-103]",
      "002 B1 Node[104-107]",
      "003 B1 Node[108-111]",
      "004",
      "4,8,16",
    ]);
  });

  test.each([
    { domains: 6, nodes: 16, sizes: [8, 64] },
    { domains: 3, nodes: 72, sizes: [18, 144] },
  ])("$domains of $nodes nodes begin at levels of their own within $sizes", ({ domains, nodes, sizes }) => {
    const named = Array.from({ length: domains }, (_, index) => [`D${index}`, `D${index}-n[00-${nodes - 1}]`]);
    const blocks = split(Object.fromEntries(named), sizes);
    expect(blocks).toHaveLength(17);
    expect(blocks.slice(12, 16)).toEqual(["013", "014", "015", "016"]);
    expect(blocks[11]).toMatch(/^012 D/);
  });

  test("larger than the largest size take as many blocks each as the largest", () => {
    const blocks = split({ a: "a-n[00-63]", b: "b-n[00-11]" }, [8, 32]);
    expect(blocks.slice(7)).toEqual([
      "008 a a-n[56-63]",
      "009 b b-n[00-07]",
      "010 b b-n[08-11]",
      "011",
      "012",
      "013",
      "014",
      "015",
      "016",
      "8,32",
    ]);
  });

  test("are cut in the order of names as text, and each block is listed by numbers", () => {
    expect(split({ d: "n[1-12]" }, [4])).toEqual(["001 d n[1,10-12]", "002 d n[2-5]", "003 d n[6-9]", "4"]);
  });

  test("stay whole without sizes", () => {
    expect(split({ B1: "Node[104-106]", B2: "Node[201-202] Node[205-206]" }, [])).toEqual([
      "001 B1 Node[104-106]",
      "002 B2 Node[201-202,205-206]",
      "3,6",
    ]);
  });
});

describe("domains with sub-domains", () => {
  test("begin at the largest size, whatever their sub-domains need", () => {
    const a = Object.fromEntries([0, 1, 2, 3, 4].map((rack) => [`a.sd${rack}`, `a-sd${rack}-h[0-2]`]));
    const b = Object.fromEntries([0, 1, 2, 3].map((rack) => [`b.sd${rack}`, `b-sd${rack}-h[0-1]`]));
    expect(split({ a, b }, [8, 32])).toEqual([
      ...[0, 1, 2, 3, 4].map((rack) => `00${rack + 1} a.sd${rack} a-sd${rack}-h[0-2]`),
      "006",
      "007",
      "008",
      "009 b.sd0 b-sd0-h[0-1]",
      "010 b.sd1 b-sd1-h[0-1]",
      "011 b.sd2 b-sd2-h[0-1]",
      "012 b.sd3 b-sd3-h[0-1]",
      "8,32",
    ]);
  });

  test("have a block for each sub-domain, however small", () => {
    const racks = Object.fromEntries([0, 1, 2, 3, 4].map((rack) => [`d.sd${rack}`, `d-sd${rack}-h[0-2]`]));
    expect(split({ d: racks }, [8])).toEqual([
      ...[0, 1, 2, 3, 4].map((rack) => `00${rack + 1} d.sd${rack} d-sd${rack}-h[0-2]`),
      "8",
    ]);
  });

  test("of different numbers are sized by themselves", () => {
    const a = Object.fromEntries([0, 1, 2, 3].map((rack) => [`a.sd${rack}`, `a-sd${rack}-h[0-8]`]));
    expect(split({ a, b: { "b.sd0": "b-h[00-35]" } }, [18, 72, 288])).toEqual([
      ...[0, 1, 2, 3].map((rack) => `00${rack + 1} a.sd${rack} a-sd${rack}-h[0-8]`),
      "005 b.sd0 b-h[00-17]",
      "006 b.sd0 b-h[18-35]",
      "007",
      "008",
      "009",
      "010",
      "011",
      "012",
      "013",
      "014",
      "015",
      "016",
      "18,72,288",
    ]);
  });

  test("beyond the largest size are filled up by the common divisor of their blocks", () => {
    const blocks = split({ a: { "a-rack": "a-n[00-63]" }, b: { "b-rack": "b-n[00-11]" } }, [8, 32]);
    expect(blocks.slice(7)).toEqual([
      "008 a-rack a-n[56-63]",
      "009 b-rack b-n[00-07]",
      "010 b-rack b-n[08-11]",
      "011",
      "012",
      "8,32",
    ]);
  });

  test("size domains without any beside them by the largest domain", () => {
    const blocks = split({ a: "a-n[00-63]", b: { "b-rack": "b-n[00-11]" } }, [8, 32]);
    expect(blocks.slice(7)).toEqual([
      "008 a a-n[56-63]",
      "009 b-rack b-n[00-07]",
      "010 b-rack b-n[08-11]",
      "011",
      "012",
      "8,32",
    ]);
  });

  test("give the sizes where there are none: the largest sub-domain, and what holds the largest domain", () => {
    const racks = { "fabric-1.rack-a": "NodeA[001-008]", "fabric-1.rack-b": "NodeB[001-008]" };
    expect(split({ "fabric-1": racks }, [])).toEqual([
      "001 fabric-1.rack-a NodeA[001-008]",
      "002 fabric-1.rack-b NodeB[001-008]",
      "8,16",
    ]);
    expect(split({ d: { only: "n[1-4]" } }, [])).toEqual(["001 only n[1-4]", "4"]);
    expect(split({ d: { r1: "n[1-3]", r2: "n[4-5]", r3: "n[6-7]" } }, []).at(-1)).toBe("3,12");
  });

  test("keep nodes that have none together under the name of the domain", () => {
    expect(split({ d: { "": "x[1-2]", r1: "n[1-2]" } }, [2, 4])).toEqual(["001 d x[1-2]", "002 r1 n[1-2]", "2,4"]);
  });
});

test("two domains of racks, of which some are missing or not complete, begin at the largest size", () => {
  // The model dual-xclr-irregular.yaml of Topograph and what its test expects of it.
  const ranges = (domain: number, racks: readonly (readonly [rack: number, nodes: string])[]) =>
    racks.map(([rack, nodes]) => [`rack-${domain}-${String(rack).padStart(2, "0")}`, `node[${nodes}]`] as const);
  const nine = (rack: number) => [1, 9].map((at) => String((rack - 1) * 9 + at).padStart(4, "0")).join("-");
  const first = ranges(
    1,
    [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16].map((rack) => [
      rack,
      rack === 4 ? "0028-0030,0032,0034-0036" : nine(rack),
    ]),
  );
  const second = ranges(
    2,
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16].map((rack) => [
      rack,
      rack === 15 ? "0271-0275" : nine(rack + 16),
    ]),
  );
  const numbered = (from: number, racks: readonly (readonly [string, string])[]) =>
    racks.map(([rack, nodes], index) => `${String(from + index).padStart(3, "0")} ${rack} ${nodes}`);
  expect(split({ "domain-01": Object.fromEntries(first), "domain-02": Object.fromEntries(second) }, [9, 144])).toEqual([
    ...numbered(1, first),
    "015",
    "016",
    ...numbered(17, second),
    "032",
    "9,144",
  ]);
});

describe("what comments call a block", () => {
  test("ends before the first slash, hash or plus", () => {
    expect(split({ "dom/c#1": "n[1-3]" }, [2]).slice(0, 2)).toEqual(["001 dom n[1-2]", "002 dom n3"]);
    expect(split({ d: { "r+1": "n1" } }, [])[0]).toBe("001 r n1");
  });

  test("is the whole name where nothing is before them, with the number of its block behind", () => {
    expect(split({ "/a": "n[1-5]" }, [2]).slice(0, 3)).toEqual(["001 /a n[1-2]", "002 /a#2 n[3-4]", "003 /a#3 n5"]);
  });

  test("is never cut where domains stay whole", () => {
    expect(split({ "dom/c#1": "n[1-3]" }, [])[0]).toBe("001 dom/c#1 n[1-3]");
  });
});

describe("sizes that would multiply blocks", () => {
  test("are refused before a block is made", () => {
    const domains = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`d${index}`, `n${index}`]));
    const racks = { d0: "n[0-65535]", ...Object.fromEntries(Object.entries(domains).slice(1)) };
    expect(() => split(racks, [1, 65_536], 1_000_000)).toThrow(
      new TopologyError(
        400,
        "blockSizes 1,65536 would need 3276800 blocks for 65585 nodes; at most 1000000 can be written",
      ),
    );
  });

  test("may fill the bound itself", () => {
    expect(split({ d: "n1" }, [1, 512], 512)).toHaveLength(513);
    expect(() => split({ d: "n1" }, [1, 512], 511)).toThrow(/would need 512 blocks for 1 nodes; at most 511/);
  });
});
