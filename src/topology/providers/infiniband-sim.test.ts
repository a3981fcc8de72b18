import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { generate, modelHost } from "../../../test/simulated-topology.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { infinibandSim } from "./infiniband-sim.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-ibnetdiscover-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Switch {
  readonly id: string;
  readonly name: string;
  /** Ids of switches, and hosts as `node-a mlx5_0`. */
  readonly ports: readonly string[];
}

/** What `ibnetdiscover` prints of a fabric. */
function capture(switches: readonly Switch[]): string {
  const adapters = [...new Set(switches.flatMap(({ ports }) => ports.filter((port) => port.includes(" "))))];
  const guid = (port: string) => `H-${String(adapters.indexOf(port) + 1).padStart(16, "0")}`;
  const described = (id: string) => `MF0;${switches.find((found) => found.id === id)?.name}:MQM8700/U1`;
  const paragraphs = switches.map(({ id, ports }) => {
    const lines = ports.map((port, index) =>
      port.includes(" ")
        ? `[${index + 1}]\t"${guid(port)}"[1](${guid(port).slice(2)}) \t\t# "${port}" lid ${index} 4xNDR`
        : `[${index + 1}]\t"${port}"[7]\t\t# "${described(port)}" lid ${index} 4xNDR`,
    );
    return [`Switch\t41 "${id}"\t\t# "${described(id)}" enhanced port 0 lid 3 lmc 0`, ...lines].join("\n");
  });
  const hosts = adapters.map((port) => `Ca\t1 "${guid(port)}"\t\t# "${port}"\n[1](x) \t"S-1"[1]\t\t# lid 1`);
  return ["#\n# Topology file: generated for a test\n#", ...paragraphs, ...hosts, ""].join("\n\n");
}

const hostsOf = (letters: string, adapter: string) => letters.split("").map((letter) => `node-${letter} ${adapter}`);

/** One subnet with two compute leaves and a storage leaf, each host with a port at both kinds. */
const twoFabrics = capture([
  { id: "S-11", name: "IB-ComputeLeaf-01", ports: ["S-21", ...hostsOf("abc", "mlx5_0")] },
  { id: "S-12", name: "IB-ComputeLeaf-02", ports: ["S-21", ...hostsOf("def", "mlx5_0")] },
  { id: "S-31", name: "IB-StorageLeaf-01", ports: ["S-21", ...hostsOf("abcdef", "mlx5_1")] },
  { id: "S-21", name: "IB-ComputeSpine-01", ports: ["S-11", "S-12", "S-31"] },
]);

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const fabric = file("compute-storage.out", twoFabrics);
const request = { provider: "infiniband-sim", params: { ibnetdiscoverFileName: fabric } };
const selecting = (switchSelector: unknown) => ({ ...request, params: { ...request.params, switchSelector } });

const compute = `SwitchName=S-21 Switches=S-[11-12]
SwitchName=S-11 Nodes=node-a,node-b,node-c
SwitchName=S-12 Nodes=node-d,node-e,node-f
`;

describe("a fabric that ibnetdiscover has captured", () => {
  test("has the hosts at its switches for nodes, in the region `local`", async () => {
    const { signal } = new AbortController();
    const opened = await infinibandSim.open(
      { creds: new Map(), params: toParamMap(request.params) },
      modelHost(),
      signal,
    );
    const names = ["node-a", "node-b", "node-c", "node-d", "node-e", "node-f"];
    const instances = new Map(names.map((name) => [name, name]));
    expect(await opened.computeInstances?.(signal)).toEqual([{ region: "local", instances }]);
    expect(await opened.instanceMapper?.nodesByInstance(["node-a"], signal)).toEqual(new Map([["node-a", "node-a"]]));
    expect(await opened.instanceMapper?.regionsByNode(["node-a"], signal)).toEqual(new Map([["node-a", "local"]]));
  });

  test("leaves hosts out that have an adapter at no switch", async () => {
    const text = `${twoFabrics}\nCa\t1 "H-ffff"\t\t# "node-z mlx5_0"\n`;
    const params = { ibnetdiscoverFileName: file("disconnected.out", text), switchSelector: { exclude: ["Storage"] } };
    expect(await generate({ ...request, params })).toBe(compute);
  });

  test.each([
    ["included", { include: ["^IB-ComputeLeaf"] }],
    ["not excluded", { exclude: ["^IB-Storage"] }],
    ["included and not excluded", { include: ["Leaf", "nothing"], exclude: ["Storage"] }],
  ])("can be cut down to the leaf switches that are %s", async (_, switchSelector) => {
    expect(await generate(selecting(switchSelector))).toBe(compute);
  });

  test("loses switches of every level that are excluded", async () => {
    expect(await generate(selecting({ exclude: ["Spine", "Storage"] }))).toBe(
      "SwitchName=S-11 Nodes=node-a,node-b,node-c\nSwitchName=S-12 Nodes=node-d,node-e,node-f\n",
    );
  });

  test("is built of the hosts that are requested", async () => {
    const nodes = { local: { "node-b": "node-b", "node-e": "node-e" } };
    expect(await generate({ ...selecting({ include: ["Compute"] }), nodes })).toBe(
      "SwitchName=S-21 Switches=S-[11-12]\nSwitchName=S-11 Nodes=node-b\nSwitchName=S-12 Nodes=node-e\n",
    );
  });

  test("tells neither of accelerators nor of instances", async () => {
    const block = { ...selecting({ include: ["Compute"] }), engineParams: { plugin: "topology/block" } };
    expect(await generate(block)).toBe("400 block topology contains no accelerator domains");
    expect(await generate({ ...selecting({ include: ["Compute"] }), engine: "graph" })).toBe('{"instances":[]}');
  });

  test("is in one region", async () => {
    const nodes = { one: { "node-a": "node-a" }, two: { "node-b": "node-b" } };
    expect(await generate({ ...request, nodes })).toBe("400 on-prem does not support multi-region topology requests");
  });
});

describe("infiniband-sim refuses", () => {
  const path = "provider.params.ibnetdiscoverFileName must be a non-empty file path";
  const model = "provider.params.modelFileName is not supported by infiniband-sim; use ibnetdiscoverFileName";
  test.each<[string, object | undefined, string]>([
    ["no path", undefined, `400 ${path}`],
    ["a path of another kind", { ibnetdiscoverFileName: 42 }, `400 ${path}`],
    ["a blank path", { ibnetdiscoverFileName: "  " }, `400 ${path}`],
    ["a model", { modelFileName: "small-tree.yaml" }, `400 ${model}`],
    ["a model beside a capture", { modelFileName: "x", ibnetdiscoverFileName: fabric }, `400 ${model}`],
    [
      "a file that is not there",
      { ibnetdiscoverFileName: "/no/such.out" },
      "400 failed to read ibnetdiscover output: open /no/such.out: no such file or directory",
    ],
    [
      "other text",
      { ibnetdiscoverFileName: file("other.out", "not ibnetdiscover output") },
      "400 ibnetdiscover output has no topology header",
    ],
    [
      "a capture without switches",
      { ibnetdiscoverFileName: file("empty.out", "# Topology file: x\n") },
      "400 ibnetdiscover output has no switches or named hosts",
    ],
    [
      "a capture without hosts",
      { ibnetdiscoverFileName: file("bare.out", capture([{ id: "S-1", name: "a", ports: ["S-1"] }])) },
      "400 ibnetdiscover output has no switches or named hosts",
    ],
    [
      "a capture whose hosts are at no switch",
      {
        ibnetdiscoverFileName: file(
          "apart.out",
          `${capture([{ id: "S-1", name: "a", ports: ["S-1"] }])}Ca\t1 "H-1"\t\t# "node-a mlx5_0"\n`,
        ),
      },
      "400 ibnetdiscover output has no named hosts connected to switches",
    ],
    ["a selector of another kind", selecting("x").params, "400 switchSelector must be an object"],
    ["an empty selector", selecting({}).params, "400 switchSelector requires include or exclude patterns"],
    [
      "patterns that are no list",
      selecting({ include: "x" }).params,
      "400 switchSelector.include must be a non-empty list of regular expressions",
    ],
    [
      "an empty list of patterns",
      selecting({ exclude: [] }).params,
      "400 switchSelector.exclude must be a non-empty list of regular expressions",
    ],
    [
      "patterns that are no text",
      selecting({ exclude: [""] }).params,
      "400 switchSelector.exclude must contain non-empty strings",
    ],
    [
      "a selector that selects nothing",
      selecting({ include: ["^not-present"] }).params,
      "500 switchSelector matched no usable InfiniBand topology",
    ],
  ])("%s", async (_, params, message) => {
    expect(await generate({ provider: "infiniband-sim", ...(params && { params }) })).toBe(message);
  });

  test("a pattern that is none", async () => {
    expect(await generate(selecting({ exclude: ["["] }))).toContain('400 invalid switchSelector.exclude pattern "[": ');
  });

  test("to be kept busy by a pattern that backtracks", async () => {
    expect(await generate(selecting({ include: ["^(a+)+$", "Compute"] }))).toBe(compute);
  });
});
