import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { generate, type SimulatedRequest } from "../../../test/simulated-topology.ts";

/*
 * Requests that Topograph publishes (tests/payloads, tests/integration and its own tests), by the names of their files, and
 * what it answers: https://github.com/NVIDIA/topograph
 */

const folder = mkdtempSync(join(tmpdir(), "sluice-payloads-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mediumTree = `SwitchName=sw3 Switches=sw[21-22]
SwitchName=sw21 Switches=sw[11-12]
SwitchName=sw22 Switches=sw[13-14]
SwitchName=sw11 Nodes=[1101-1102]
SwitchName=sw12 Nodes=[1201-1202]
SwitchName=sw13 Nodes=[1301-1302]
SwitchName=sw14 Nodes=[1401-1402]
`;
const mediumBlocks = (names: readonly string[]) =>
  `${names.map((name, i) => `# block00${i + 1}=${name}\nBlockName=block00${i + 1} Nodes=[1${i + 1}01-1${i + 1}02]\n`).join("")}BlockSizes=2,4\n`;
const nvl = ["nvl1", "nvl2", "nvl3", "nvl4"];
const number = (index: number) => `block${String(index).padStart(3, "0")}`;
const largeBlocks = `${[1, 2, 3, 4, 5, 6]
  .flatMap((spine) =>
    [1, 2].map((leaf) => {
      const block = number(2 * spine + leaf - 2);
      return `# ${block}=nvl-${spine}-${leaf}\nBlockName=${block} Nodes=srv[${spine}${leaf}01-${spine}${leaf}08]\n`;
    }),
  )
  .join("")}BlockSizes=8,16,32\n`;
const nvl72Blocks = `# block001=nvl-1-1
BlockName=block001 Nodes=node[1101-1118]
# block002=nvl-1-2
BlockName=block002 Nodes=node[1201-1218]
# block003=nvl-2-1
BlockName=block003 Nodes=node[2101-2118]
# block004=nvl-2-2
BlockName=block004 Nodes=node[2201-2218]
BlockSizes=18,36,72
`;
const smallTree = `SwitchName=S1 Switches=S[2-3]
SwitchName=S2 Nodes=I[21-22,25]
SwitchName=S3 Nodes=I[34-36]
`;
const builtInTree = smallTree.replace("I[21-22,25]", "Node[201-202,205]").replace("I[34-36]", "Node[304-306]");

const model = (name: string) => ({ modelFileName: `tests/models/${name}.yaml` });
const block = (...blockSizes: readonly number[]) => ({
  plugin: "topology/block",
  ...(blockSizes.length > 0 && { blockSizes }),
});

type Payload = readonly [file: string, request: SimulatedRequest, answer: string];

/** Those that write a file: `topologyConfigPath` stands in them beside these parameters. */
const writing: readonly Payload[] = [
  ["aws-sim-tree", { provider: "aws-sim", params: model("medium") }, mediumTree],
  ["aws-sim-block", { provider: "aws-sim", params: model("medium"), engineParams: block(2, 4) }, mediumBlocks(nvl)],
  ["aws-sim-large-block", { provider: "aws-sim", params: model("large"), engineParams: block(8, 16, 32) }, largeBlocks],
  ["dsx-sim-tree", { provider: "dsx-sim", params: model("medium") }, mediumTree],
  ["dsx-sim-large-block", { provider: "dsx-sim", params: model("nvl72"), engineParams: block() }, nvl72Blocks],
  ["gcp-sim-tree", { provider: "gcp-sim", params: model("medium") }, mediumTree],
  [
    "gcp-sim-block",
    { provider: "gcp-sim", params: model("medium"), engineParams: block(2, 4) },
    mediumBlocks(["sw11", "sw12", "sw13", "sw14"]),
  ],
  ["oci-sim-block", { provider: "oci-sim", params: model("medium"), engineParams: block(2, 4) }, mediumBlocks(nvl)],
  ["oci-sim-large-block", { provider: "oci-sim", params: model("large"), engineParams: block(8, 16, 32) }, largeBlocks],
  [
    "test-block",
    {
      provider: "test",
      params: { generateResponseCode: 202, topologyResponseCode: 200, modelFileName: "large.yaml" },
      engineParams: block(8, 16, 32),
    },
    largeBlocks,
  ],
  ["test-tree", { provider: "test" }, builtInTree],
];

describe("a published payload", () => {
  test.each(writing)("%s is answered, and written where it says", async (file, request, answer) => {
    expect(await generate(request)).toBe(answer);
    const topologyConfigPath = join(folder, `${file}.conf`);
    expect(await generate({ ...request, engineParams: { ...request.engineParams, topologyConfigPath } })).toBe("OK\n");
    expect(readFileSync(topologyConfigPath, "utf8").endsWith(`#\n${answer}`)).toBe(true);
  });

  test.each<Payload>([
    ["dsx-sim-block", { provider: "dsx-sim", params: model("large"), engineParams: block(8, 16, 32) }, largeBlocks],
    [
      "toposim-block",
      { provider: "test", params: { modelFileName: "medium.yaml" }, engineParams: block(2, 4) },
      mediumBlocks(nvl),
    ],
    ["toposim-tree", { provider: "test", params: { modelFileName: "medium.yaml" } }, mediumTree],
    [
      "gcp-sim-large-block",
      { provider: "gcp-sim", params: model("large"), engineParams: block(8, 16, 32) },
      '502 invalid instance ID "srv1101"; must be numerical',
    ],
    [
      "payload-valid-topology",
      {
        provider: "test",
        params: {
          testcaseName: "a test",
          description: "a description",
          generateResponseCode: 202,
          topologyResponseCode: 200,
          modelFileName: "small-tree.yaml",
        },
      },
      smallTree,
    ],
  ])("%s is answered", async (_, request, answer) => {
    expect(await generate(request)).toBe(answer);
  });
});

describe("a request of Topograph's own tests", () => {
  const names = ["1101", "1102", "1201", "1202", "1301", "1302", "1401", "1402"];
  const nodes = { R1: { ...Object.fromEntries(names.map((name) => [name, `n-${name}`])), 1500: "n-CPU" } };
  const lines = mediumTree.replaceAll("Nodes=[", "Nodes=n-[").split("\n");
  const [top = "", ...rest] = lines;

  test.each(["aws-sim", "gcp-sim", "lambdai-sim", "dsx-sim"])("for a tree of %s is answered", async (provider) => {
    const answer = await generate({ provider, params: model("medium"), nodes });
    // Roots stand in the order of their bytes: `no-topology` before `sw3`.
    expect(answer).toBe(["SwitchName=no-topology Nodes=n-CPU", top, ...rest].join("\n"));
  });

  test.each(["gcp-sim", "dsx-sim"])("for a trimmed tree of %s is answered", async (provider) => {
    const answer = await generate({ provider, params: { ...model("medium"), trimTiers: 1 }, nodes });
    expect(answer).toBe(["SwitchName=no-topology Nodes=n-CPU", ...rest].join("\n"));
  });

  test("for racks with gaps gives each domain the same number of slots", async () => {
    const racks = (domain: number, numbers: readonly number[], first: number) =>
      numbers.map((rack, index) => {
        const start = (domain - 1) * 144 + (rack - 1) * 9 + 1;
        const range = [start, start + (domain === 2 && rack === 15 ? 4 : 8)].map((n) => String(n).padStart(4, "0"));
        const list = domain === 1 && rack === 4 ? "0028-0030,0032,0034-0036" : range.join("-");
        const name = number(first + index);
        return `# ${name}=rack-${domain}-${String(rack).padStart(2, "0")}\nBlockName=${name} Nodes=node[${list}]\n`;
      });
    const expected = [
      ...racks(1, [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16], 1),
      "BlockName=block015\nBlockName=block016\n",
      ...racks(2, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16], 17),
      "BlockName=block032\nBlockSizes=9,144\n",
    ].join("");
    const params = { modelFileName: "dual-xclr-irregular.yaml" };
    expect(await generate({ provider: "test", params, engineParams: block(9, 144) })).toBe(expected);
  });
});
