import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fabricGraph } from "../../../test/fabric-graph.ts";
import { layoutTree } from "../graph/layout-tree.ts";
import { readTopologyConf } from "../read/read-topology-conf.ts";
import { readTopologyFile } from "../read/read-topology-file.ts";
import { renderTree } from "../render/tree.ts";
import { checkTopology } from "./check-topology.ts";

const twoLeaves = "SwitchName=s1 Nodes=n[0-1]\nSwitchName=s2 Nodes=n[2-3]\nSwitchName=top Switches=s[1-2]\n";

/** `error 2: …` for each fault. */
function faultsOf(text: string, nodes?: readonly string[]): readonly string[] {
  return checkTopology(readTopologyConf(text), nodes && new Set(nodes)).map(
    ({ severity, line, problem }) => `${severity} ${line ?? "-"}: ${problem}`,
  );
}

describe("checkTopology of switches", () => {
  test("a tree of all nodes of the cluster has no fault", () => {
    expect(faultsOf(twoLeaves)).toEqual([]);
    expect(faultsOf(twoLeaves, ["n0", "n1", "n2", "n3"])).toEqual([]);
  });

  // What Slurm 22.05 says to each of them stands in test/topology.slurm.test.ts.
  test.each([
    ["SwitchName=a Nodes=x\nSwitchName=a Nodes=y", "error 2: line 1 defines switch a too, and Slurm does not start"],
    [
      "SwitchName=a Nodes=x Switches=b\nSwitchName=b Nodes=y",
      "error 1: switch a has both switches and nodes, and Slurm does not start",
    ],
    [
      "SwitchName=a Nodes=x\nSwitchName=b",
      "warning 2: switch b has neither switches nor nodes; Slurm 22.05 does not start with it",
    ],
    ["SwitchName=a Switches=b", "error 1: switch a has a child b that no line defines, and Slurm does not start"],
    ["SwitchName=a Switches=a", "error 1: switch a is its own child, and Slurm does not start"],
    [
      "SwitchName=a Switches=b\nSwitchName=b Switches=a",
      "error 1: switches a, b form a ring, and Slurm does not start",
    ],
    [
      "SwitchName=a Switches=c\nSwitchName=b Switches=c\nSwitchName=c Nodes=x",
      "error 2: switch c is a child of b and of a; a tree has one way up",
    ],
    ["SwitchName=a Switches=b,b\nSwitchName=b Nodes=x", "warning 1: switch a names its child b twice"],
    ["SwitchName=a Nodes=x,y\nSwitchName=b Nodes=y,z", "error 2: nodes of switch b are under another one too: y (a)"],
    ["SwitchName=a Nodes=x,x", "warning 1: switch a names x twice"],
    [
      "SwitchName=a Nodes=x\nSwitchName=b Nodes=y",
      "warning 2: 2 switches have none above them: a, b; no job gets nodes under two of them",
    ],
    [
      `SwitchName=${"a".repeat(65)} Nodes=x`,
      `error 1: the name ${"a".repeat(65)} is longer than 64 characters, which Slurm from 24.11 on refuses`,
    ],
    ["# nothing\n", "error -: it has no switch; Slurm says: No switches configured"],
    ["SwitchName=a Nodes=x Speed=1", "error 1: Slurm knows no Speed here"],
  ])("%j", (text, fault) => {
    expect(faultsOf(text)).toContain(fault);
  });

  test("says which nodes the cluster has not, and which it has more", () => {
    expect(faultsOf(twoLeaves, ["n0", "n1", "n2", "x1", "x2"])).toEqual([
      "error 2: the cluster has no node n3; Slurm passes over such names",
      "error -: 2 nodes: x1, x2 of the cluster are not in it; no job gets such a node",
    ]);
  });

  test("a tree that is written has no fault, whatever the nodes", () => {
    const place = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }));
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 200 }), { minLength: 1 }), place, (numbers, [i, j]) => {
        const graph = fabricGraph(
          numbers.map((n) => ({
            name: `n${n}`,
            tiers: [`leaf${n % (i + 1)}-${n % (j + 1)}`, `spine${n % (i + 1)}`, "core"],
          })),
        );
        expect(
          faultsOf(
            renderTree(layoutTree(graph)),
            numbers.map((n) => `n${n}`),
          ),
        ).toEqual([]);
      }),
    );
  });

  test("takes 100,000 nodes, and a ring of 50,000 switches, each looked at once", () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `n${i}`);
    const leaves = Array.from({ length: 2_000 }, (_, i) => `SwitchName=l${i} Nodes=n[${i * 50}-${i * 50 + 49}]\n`);
    const top = "SwitchName=top Switches=l[0-1999]\n";
    expect(faultsOf(leaves.join("") + top, names)).toEqual([]);
    const ring = Array.from({ length: 50_000 }, (_, i) => `SwitchName=r${i} Switches=r${(i + 1) % 50_000}\n`);
    expect(faultsOf(ring.join(""))).toEqual([expect.stringMatching(/form a ring/)]);
  });
});

describe("checkTopology of blocks", () => {
  test.each([
    ["BlockName=a Nodes=x\nBlockName=a Nodes=y", "error 2: line 1 defines block a too, and Slurm does not start"],
    ["BlockName=a Nodes=x\nBlockName=b Nodes=x", "error 2: nodes of block b are in another one too: x (a)"],
    [
      "BlockName=a Nodes=[1-4]\nBlockSizes=4,12",
      "error 1: BlockSizes 12 is none of 4, 8, 16, 32, … up to 131072, and Slurm does not start",
    ],
    ["BlockName=a Nodes=[1-4]\nBlockSizes=4,8,8", "error 1: BlockSizes 8 stands behind 8; they must grow"],
    ["BlockName=a Nodes=[1-4]\nBlockSizes=0", "error 1: the first of BlockSizes is 0; a block has at least one node"],
    [
      "BlockName=a Nodes=[1-3]\nBlockSizes=4",
      "warning 1: block a has 3 nodes, fewer than the base size 4; Slurm before 25.05 does not start with it",
    ],
  ])("%j", (text, fault) => {
    expect(faultsOf(text)).toContain(fault);
  });

  test("a topology.yaml may leave nodes to other topologies, and may not define one twice", async () => {
    const one = (name: string): string => `- topology: ${name}\n  cluster_default: true\n  flat: true\n`;
    const blocks = "- topology: b\n  block:\n    block_sizes: [1]\n    blocks:\n    - {block: x, nodes: n1}\n";
    const found = checkTopology(await readTopologyFile(blocks + one("a") + one("a")), new Set(["n1", "n2"]));
    expect(found.map(({ severity, topology, line, problem }) => `${severity} ${topology} ${line}: ${problem}`)).toEqual(
      [
        "error a 9: line 6 defines topology a too",
        "warning a 9: a is the cluster's default already; Slurm takes the first",
      ],
    );
  });
});
