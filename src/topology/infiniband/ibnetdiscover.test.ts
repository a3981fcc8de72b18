import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { connectedHosts, isIbnetdiscoverText, parseIbnetdiscover, type IbFabric } from "./ibnetdiscover.ts";

/** Paragraphs as a Quantum switch and its hosts are shown by ibnetdiscover of rdma-core 50. */
const captured = `#
# Topology file: generated on Wed Aug  6 16:11:23 2025
#
# Initiated from node e09d730300156ff6 port e09d730300156ff6

vendid=0x2c9
devid=0xd2f2
sysimgguid=0x2c5eab0300b87b40
switchguid=0x2c5eab0300b87b40(2c5eab0300b87b40)
Switch\t65 "S-2c5eab0300b87b40"\t\t# "MF0;A09-P1-IBLEAF-04-04:MQM9701/U1" enhanced port 0 lid 73 lmc 0
[1]\t"H-e09d7303007a4bd8"[1](e09d7303007a4bd8) \t\t# "a08-p1-dgx-04-c01 mlx5_5" lid 647 4xNDR
[6]\t"H-e09d730300858d88"[1](e09d730300858d88) \t\t# "MT4129 ConnectX7   Mellanox Technologies" lid 515 4xNDR
[35]\t"S-2c5eab0300c26280"[32]\t\t# "MF0;A10-P1-IBSPINE-02:MQM9701/U1" lid 236 4xNDR
[36]\t"S-2c5eab0300c26280"[31]\t\t# "MF0;A10-P1-IBSPINE-02:MQM9701/U1" lid 236 4xNDR
[65]\t"H-2c5eab0300b87b50"[1](2c5eab0300b87b50) \t\t# "Mellanox Technologies Aggregation Node" lid 193 4xNDR

vendid=0x2c9
devid=0x1021
sysimgguid=0xe09d7303007a4bd8
caguid=0xe09d7303007a4bd8
Ca\t1 "H-e09d7303007a4bd8"\t\t# "a08-p1-dgx-04-c01 mlx5_5"
[1](e09d7303007a4bd8) \t"S-2c5eab0300b87b40"[1]\t\t# lid 647 lmc 0 "MF0;A09-P1-IBLEAF-04-04:MQM9701/U1" lid 73 4xNDR

Ca\t1 "H-e09d730300858d88"\t\t# "MT4129 ConnectX7   Mellanox Technologies"

Ca\t1 "H-2c5eab0300b87b50"\t\t# "Mellanox Technologies Aggregation Node"
`;

describe("the output of ibnetdiscover", () => {
  test("gives each switch with what is at its ports, once", () => {
    expect(shown(parseIbnetdiscover(captured)).switches).toEqual([
      {
        id: "S-2c5eab0300b87b40",
        name: "A09-P1-IBLEAF-04-04",
        neighbours: ["H-e09d7303007a4bd8", "H-e09d730300858d88", "S-2c5eab0300c26280", "H-2c5eab0300b87b50"],
      },
    ]);
  });

  test("gives the host of each adapter whose description names one", () => {
    expect([...parseIbnetdiscover(captured).adapters]).toEqual([["H-e09d7303007a4bd8", "a08-p1-dgx-04-c01"]]);
    expect([...connectedHosts(parseIbnetdiscover(captured))]).toEqual(["a08-p1-dgx-04-c01"]);
  });

  test("is known by its header", () => {
    expect(isIbnetdiscoverText(captured)).toBe(true);
    expect(isIbnetdiscoverText("ibwarn: [1] mad_rpc_open_port: can't open UMAD port ((null):0)")).toBe(false);
  });

  // The cases of Topograph's own test.
  test.each([
    ["an empty text", "", [], []],
    ["text of another kind", "\n\t\tInvalid entry\n\t\t\t", [], []],
    ["one adapter", '\nCa\t1 "H-1"\t\t# "luna3086 mlx5_3"\n\t\t', [], [["H-1", "luna3086"]]],
    ["one switch", '\nSwitch  1   "Switch-1"         # "switch1"\n\t\t', [["Switch-1", "switch1", []]], []],
    [
      "a switch, an adapter and a switch",
      [
        'Switch\t41 "S-1"\t\t# "MF0;Spine-03:MQM8700/U1" enhanced port 0 lid 304 lmc 0',
        '[1]\t"S-2"[23]\t\t# "MF0;Leaf-101:MQM8700/U1" lid 1 4xHDR',
        '[2]\t"S-3"[23]\t\t# "MF0;Leaf-102:MQM8700/U1" lid 383 ',
        "",
        'Ca\t1 "H-1"\t\t# "luna3086 mlx5_3"',
        "",
        'Switch\t41 "S-4"\t\t# "MF0;Leaf-007:MQM8700/U1" enhanced port 0 lid 2382 lmc 0',
        '[21]\t"S-1"[39]\t\t# "MF0;Spine-03:MQM8700/U1" lid 159 4xHDR',
        "\t\t\t",
      ].join("\n"),
      [
        ["S-1", "Spine-03", ["S-2", "S-3"]],
        ["S-4", "Leaf-007", ["S-1"]],
      ],
      [["H-1", "luna3086"]],
    ],
  ])("of %s is read", (_name, text, switches, adapters) => {
    const fabric = parseIbnetdiscover(text);
    expect(shown(fabric).switches).toEqual(switches.map(([id, name, neighbours]) => ({ id, name, neighbours })));
    expect([...fabric.adapters]).toEqual(adapters);
  });

  test("loses nothing where paragraphs run into each other, or the text breaks off", () => {
    const text = [
      'Switch 2 "S-1" # "one"',
      '[1] "S-2"[1] # "two"',
      'Switch 2 "S-2" # "two"',
      '[1] "S-1"[1] # "one"',
      'Ca 1 "H-1" # "n1 mlx5_0"',
      '[1] "S-9"[1] # "is no port of switch two"',
      'Switch 2 "S-3" # "three"',
      '[1] "S-1"[1] # "one"',
      '[2] "S-2"[1] # "brok',
    ].join("\r\n");
    expect(shown(parseIbnetdiscover(text)).switches.map(({ id, neighbours }) => [id, neighbours])).toEqual([
      ["S-1", ["S-2"]],
      ["S-2", ["S-1"]],
      ["S-3", ["S-1"]],
    ]);
  });

  test.each([
    ["MF0;leaf-101:MQM8700/U1", "leaf-101"],
    ["leaf-101", "leaf-101"],
    ["Quantum Mellanox Technologies", ""],
    ["a:b", ""],
    ["MF0;a;b:c", ""],
  ])("calls a switch that is described as %j %j", (description, name) => {
    expect(parseIbnetdiscover(`Switch 2 "S-1" # "${description}"\n`).switches.get("S-1")?.name).toBe(name);
  });

  test("is read whatever stands in it, one line at a time", () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "",
        '"',
        "# ",
        "[1]",
        'Ca 1 "',
        'Switch 1 "S-1" # "a"',
        '[1] "S-2"[1] # "b"',
        'Ca 1 "H-1" # "n m"',
      ),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { switches, adapters } = parseIbnetdiscover(lines.join("\n"));
        for (const [id, found] of switches) expect(found.id).toBe(id);
        for (const host of adapters.values()) expect(host).not.toMatch(/[ \t]/);
      }),
    );
  });
});

function shown({ switches }: IbFabric): {
  readonly switches: readonly unknown[] & readonly { id: string; neighbours: string[] }[];
} {
  return { switches: Array.from(switches.values(), (found) => ({ ...found, neighbours: [...found.neighbours] })) };
}
