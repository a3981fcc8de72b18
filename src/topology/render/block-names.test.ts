import { describe, expect, test } from "vitest";
import { TopologyError } from "../topology-error.ts";
import { compileBlockNames, refuseBlockName } from "./block-names.ts";
import type { Block } from "./split-blocks.ts";

const one = block("block002", "B-one", "n1", "n10");

function block(id: string, domain: string, ...nodes: readonly string[]): Block {
  return { id, domain, nodes };
}

async function names(nodeNameRegexp: string, format: string, ...blocks: readonly Block[]): Promise<readonly string[]> {
  const nameBlocks = await compileBlockNames({ nodeNameRegexp, format });
  return nameBlocks(blocks).map(({ id }) => id);
}

describe("blocks", () => {
  test("keep their ids without a rule", async () => {
    const keep = await compileBlockNames(undefined);
    expect(keep([one])).toEqual([one]);
  });

  test("are named by the groups of an expression that any part of a name matches", async () => {
    const racks = [
      block("block001", "", "gpu-d05-r04-srv4", "gpu-d05-r04-srv5"),
      block("block002", "", "gpu-d05-r05-srv1"),
    ];
    expect(await names("d([0-9]{2})-r([0-9]{2})", "domain${1}_rack${2}", ...racks)).toEqual([
      "domain05_rack04",
      "domain05_rack05",
    ]);
    expect(await names("(?P<rack>r[0-9]+)", "$rack", ...racks)).toEqual(["r04", "r05"]);
    expect(await names("(x)?-d", "b$1-$$", racks[0] ?? one)).toEqual(["b-$"]);
  });

  test("that are empty keep their ids", async () => {
    expect(await names("^n", "a", block("block001", "d", "n1"), block("block002", ""))).toEqual(["a", "block002"]);
  });

  test("keep their domain and nodes", async () => {
    const nameBlocks = await compileBlockNames({ nodeNameRegexp: "^n", format: "a" });
    expect(nameBlocks([one])).toEqual([{ ...one, id: "a" }]);
  });
});

describe("names of blocks are refused", () => {
  test.each([
    { rule: ["", "a"], text: "blockName.nodeNameRegexp must not be empty" },
    { rule: ["a", ""], text: "blockName.format must not be empty" },
    {
      rule: ["(", "a"],
      text: 'invalid blockName.nodeNameRegexp "(": error parsing regexp: missing closing ): `(`',
    },
    {
      rule: ["a**", "a"],
      text: 'invalid blockName.nodeNameRegexp "a**": error parsing regexp: invalid nested repetition operator: `**`',
    },
    {
      rule: ["(a)\\1", "a"],
      text: 'invalid blockName.nodeNameRegexp "(a)\\\\1": error parsing regexp: invalid escape sequence: `\\1`',
    },
    {
      rule: ["a\\", "a"],
      text: 'invalid blockName.nodeNameRegexp "a\\\\": error parsing regexp: trailing backslash at end of expression: ``',
    },
    {
      rule: ["^(zzz)", "$1"],
      text: 'node "n1" in block "block002" (domain "B-one") does not match nodeNameRegexp "^(zzz)"',
    },
    {
      rule: ["([0-9]+)", "$1"],
      text: 'nodes in block "block002" (domain "B-one") produce different block names "1" and "10"',
    },
    {
      rule: ["(n)", "${2}"],
      text: 'blockName format "${2}" produces an empty name for node "n1" in block "block002" (domain "B-one")',
    },
    {
      rule: ["(n)", "$1x"],
      text: 'blockName format "$1x" produces an empty name for node "n1" in block "block002" (domain "B-one")',
    },
  ])("$rule: $text", async ({ rule: [nodeNameRegexp = "", format = ""], text }) => {
    await expect(names(nodeNameRegexp, format, one)).rejects.toEqual(new TopologyError(400, text));
  });

  test("where a block has no domain that could be told", async () => {
    await expect(names("x", "x", block("block001", "", "legacy001"))).rejects.toEqual(
      new TopologyError(400, 'node "legacy001" in block "block001" does not match nodeNameRegexp "x"'),
    );
  });

  test("where two blocks get the same", async () => {
    await expect(names("n", "same", one, block("block001", "A", "n2"))).rejects.toEqual(
      new TopologyError(400, 'blocks "block002" and "block001" produce duplicate block name "same"'),
    );
    await expect(names("n", "block003", one, block("block003", ""))).rejects.toEqual(
      new TopologyError(400, 'blocks "block002" and "block003" produce duplicate block name "block003"'),
    );
  });

  test("with the topology that they are of", async () => {
    await expect(compileBlockNames({ nodeNameRegexp: "", format: "" }, 'topology "t": ')).rejects.toEqual(
      new TopologyError(400, 'topology "t": blockName.nodeNameRegexp must not be empty'),
    );
    expect(() => refuseBlockName("topology/tree", { nodeNameRegexp: "n", format: "n" }, 'topology "t": ')).toThrow(
      new TopologyError(400, 'topology "t": blockName is only supported with plugin "topology/block"'),
    );
  });

  test("where nothing that is nested so deeply could be read", async () => {
    const pattern = "(".repeat(5000) + ")".repeat(5000);
    await expect(names(pattern, "a", one)).rejects.toThrow(
      `invalid blockName.nodeNameRegexp "${pattern}": error parsing regexp: expression nests too deeply: \`${pattern}\``,
    );
  });
});

test("an expression that would go back again and again takes no time", async () => {
  const nodes = Array.from({ length: 1000 }, (_, index) => `${"x".repeat(200)}${index}`);
  await expect(names("(x+x+)+y", "a", block("block001", "", ...nodes))).rejects.toThrow("does not match");
});
