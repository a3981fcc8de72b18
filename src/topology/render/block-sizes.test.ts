import { describe, expect, test } from "vitest";
import { TopologyError } from "../topology-error.ts";
import { doublingBlockSizes, powerOfTwoBlocks, validateBlockSizes } from "./block-sizes.ts";

describe("sizes of blocks that a user gives", () => {
  test.each([
    { sizes: Array.from({ length: 21 }, () => 1), text: "blockSizes has too many entries (21); max allowed is 20" },
    { sizes: [0], text: "blockSizes[0]=0 must be positive" },
    { sizes: [-4], text: "blockSizes[0]=-4 must be positive" },
    { sizes: [2, 0], text: "blockSizes[1]=0 must be positive" },
    { sizes: [65_537], text: "blockSizes[0]=65537 exceeds maximum allowed value 65536" },
    { sizes: [2, 131_072], text: "blockSizes[1]=131072 exceeds maximum allowed value 65536" },
    { sizes: [4, 4], text: "blockSizes[1]=4 must be greater than blockSizes[0]=4" },
    { sizes: [4, 2], text: "blockSizes[1]=2 must be greater than blockSizes[0]=4" },
    { sizes: [4, 6], text: "blockSizes[1]=6 must be a multiple of blockSizes[0]=4" },
    { sizes: [4, 12], text: "blockSizes[1]=12 must be a power-of-two multiple of blockSizes[0]=4" },
    { sizes: [4, 8, 24], text: "blockSizes[2]=24 must be a power-of-two multiple of blockSizes[1]=8" },
  ])("$sizes are refused: $text", ({ sizes, text }) => {
    expect(() => validateBlockSizes(sizes)).toThrow(new TopologyError(400, text));
  });

  test("of a topology of its own say which", () => {
    expect(() => validateBlockSizes([0], 'topology "t": ')).toThrow(
      new TopologyError(400, 'topology "t": blockSizes[0]=0 must be positive'),
    );
  });

  test.each([[[]], [[1]], [[65_536]], [[9, 18, 144]], [[1, 65_536]], [[3, 6, 12]]])("%j are right", (sizes) => {
    expect(validateBlockSizes(sizes)).toBeUndefined();
  });
});

describe("sizes that follow from blocks", () => {
  test.each([
    [
      [2, 2],
      [2, 4],
    ],
    [
      [2, 3],
      [2, 4],
    ],
    [
      [2, 2, 2],
      [2, 4],
    ],
    [[3], [3]],
    [
      [18, 5, 9],
      [5, 10],
    ],
    [
      [3, 3, 3, 3],
      [3, 6, 12],
    ],
  ])("of %j nodes are %j", (nodes, sizes) => {
    expect(doublingBlockSizes(nodes)).toEqual(sizes);
  });

  test("end at the sixteenth level, beyond which Slurm has none", () => {
    expect(doublingBlockSizes(Array.from({ length: 2 ** 17 }, () => 1))).toHaveLength(16);
  });

  test("cannot be found without blocks", () => {
    expect(() => doublingBlockSizes([])).toThrow(
      new TopologyError(400, "cannot determine blockSizes: topology contains no blocks"),
    );
  });
});

test.each([
  [0, 4, 1],
  [4, 4, 1],
  [5, 4, 2],
  [9, 4, 4],
  [131, 9, 16],
])("%i nodes take a power of two of blocks of %i: %i", (nodes, size, blocks) => {
  expect(powerOfTwoBlocks(nodes, size)).toBe(blocks);
});
