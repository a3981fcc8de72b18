import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newerSlurm } from "../../../scripts/newer-slurm.ts";
import { startController, type LoneController } from "../../../test/lone-controller.ts";
import { graphOf, type Branch, type Domains } from "../../../test/topology-graphs.ts";
import { expandNames } from "../names/expand-names.ts";
import { parsePartitionNodes } from "./partition-nodes.ts";
import type { RenderConfig } from "./render-config.ts";
import { renderTopology, type RenderedTopology } from "./render-topology.ts";

const nodes = ["n[1-18]", "m[1-8]", "k[1-9]"];
const inSwitches = { core: { a: "n[1-18]", b: "m[1-8]", c: "k[1-9]" } } satisfies Branch;
let controller: LoneController;
let started: LoneController | undefined;

beforeAll(async () => {
  const root = newerSlurm();
  if (root === undefined)
    throw new Error("these tests need Debian's Slurm 24.11; npm test unpacks it where apt is the package manager");
  started = controller = await startController({
    root,
    nodes,
    topologyPlugin: "topology/block",
    topology: "BlockName=all Nodes=n[1-18],m[1-8],k[1-9]\nBlockSizes=1\n",
  });
});

afterAll(() => started?.[Symbol.asyncDispose]());

function rendered(domains: Domains, config: Partial<RenderConfig> = {}): Promise<RenderedTopology> {
  const whole = { plugin: "topology/block", blockSizes: [], topologies: new Map(), compress: true, ...config };
  return renderTopology(graphOf(inSwitches, domains), whole);
}

/** The blocks that are written, or that Slurm shows: their nodes by name. */
function blocksIn(text: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...text.matchAll(/^BlockName=(\S+)(?: BlockIndex=\d+)? Nodes=(\S+)/gm)].map(([, name = "", list = ""]) => [
      name,
      expandNames(parsePartitionNodes("", ` Nodes=${list}`)).toSorted(),
    ]),
  );
}

describe("slurmctld 24.11 starts with blocks, and has those that were written", () => {
  test.for<readonly [string, Domains, Partial<RenderConfig>]>([
    ["of the domains, with sizes that follow from them", { B: "n[1-18]", A: "m[1-8]", C: "k[1-9]" }, {}],
    ["of one domain", { only: "n[1-18]" }, {}],
    ["of sizes that divide the domains", { B: "n[1-8]", A: "m[1-8]" }, { blockSizes: [4, 8] }],
    ["of sub-domains", { rack1: { s1: "n[1-4]", s2: "n[5-8]" }, rack2: { s3: "m[1-4]", s4: "m[5-8]" } }, {}],
    [
      "with names from those of the nodes",
      { B: "n[1-18]", A: "m[1-8]" },
      { blockName: { nodeNameRegexp: "^([a-z]+)", format: "rack-${1}" } },
    ],
    ["with every name by itself", { B: "n[1-18]", A: "m[1-8]" }, { compress: false }],
  ])("%s", async ([, domains, config]) => {
    const { text, unreadable, unreadableBySome } = await rendered(domains, config);
    expect([unreadable, unreadableBySome]).toEqual([undefined, undefined]);
    await writeFile(controller.topologyConf, text);
    await controller.restart();
    const shown = await controller.scontrol("show", "topology");
    expect(blocksIn(text).size).toBeGreaterThan(0);
    expect(blocksIn(shown)).toEqual(blocksIn(text));
    const [, sizes = ""] = /^BlockSizes=(\S+)$/m.exec(text) ?? [];
    expect(shown).toContain(`BlockSize=${sizes.split(",")[0]}`);
  });
});

describe("slurmctld 24.11 does not start with blocks of fewer nodes than the smallest size, as we warn", () => {
  test.for<readonly [string, Domains, readonly number[]]>([
    ["of a small domain", { B: "n[1-18]", A: "m[1-5]" }, [9]],
    ["of what is left of a domain", { B: "n[1-18]" }, [4]],
    ["of a small sub-domain", { rack: { s1: "n[1-4]", s2: "n[5-6]" } }, []],
    ["that keep a place", { B: "n[1-8]", A: "m[1-8]", C: "k[1-8]" }, [8, 16]],
  ])("%s", async ([, domains, blockSizes]) => {
    const { text, unreadableBySome } = await rendered(domains, { blockSizes });
    expect(unreadableBySome).toMatch(/; Slurm before 25\.05 does not start with it$/);
    await writeFile(controller.topologyConf, text);
    await expect(controller.restart()).rejects.toThrow(/(fatal|error): .*block/i);
  });
});
