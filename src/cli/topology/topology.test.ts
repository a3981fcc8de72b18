import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { captureIo, type Ended } from "../../../test/sluice.ts";
import { openTopologyCommands, pods, type TopologyCommands } from "../../../test/topology-commands.ts";
import { readConfig } from "../../config.ts";
import { runProgram } from "../run-program.ts";
import { treeText } from "./tree-text.ts";

let commands: TopologyCommands;
const topology = (...args: readonly string[]): Promise<Ended> => commands.topology(...args);
const done = (...args: readonly string[]): Promise<string> => commands.done(...args);
const put = (name: string, text: string): Promise<void> => commands.put(name, text);

beforeAll(async () => {
  commands = await openTopologyCommands();
});
afterAll(async () => {
  await commands[Symbol.asyncDispose]();
});

describe("topology show", () => {
  const tree = `pods.conf: 8 nodes, 3 switches, 2 tiers

SWITCH          NODES   NAMES
partition-1         8
├─ pod-abc123       4   node-[1-4]
└─ pod-def456       4   node-[5-8]
`;

  test("shows a file, a model, a provider's answer, what scontrol prints, and topologies of a topology.yaml", async () => {
    await put("pods.conf", pods);
    expect(await done("show", "pods.conf")).toBe(tree);
    expect(await done("show", "--model", "crusoe-two-pods.yaml")).toBe(
      tree.replace("pods.conf", "crusoe-two-pods.yaml"),
    );
    expect(await done("show", "--provider", "crusoe-sim", "--model", "crusoe-two-pods.yaml")).toBe(
      tree.replace("pods.conf", "crusoe-two-pods.yaml (crusoe-sim)"),
    );
    await put(
      "shown",
      "SwitchName=a Level=1 LinkSpeed=1 Nodes=n1 Switches=b\nSwitchName=b Level=0 LinkSpeed=1 Nodes=n1\n",
    );
    expect(await done("show", "shown")).toContain("└─ b         1   n1\n");
    await put(
      "two.yaml",
      "- topology: t1\n  flat: true\n- topology: t2\n  block:\n    blocks:\n    - {block: b, nodes: 'n[1-2]'}\n",
    );
    expect(await done("show", "two.yaml")).toBe(
      "two.yaml: t1: 0 nodes\n\ntwo.yaml: t2: 2 nodes, 1 accelerator domain\n\n" +
        "SWITCH        NODES   NAMES    DOMAINS\n(no switch)       2   n[1-2]   b\n",
    );
  });

  test("shows the nodes of a model that hang off no switch, too", async () => {
    expect(await done("show", "crusoe-small.yaml")).toMatch(
      /: 8 nodes, 5 switches, [^]*^\(no switch\) +2 +cpu-\[01-02\]$/m,
    );
    const planned = await commands.space.inProcess("cluster", "create", "--topology", "crusoe-small.yaml", "--dry-run");
    expect(planned.stdout).toContain("SwitchName=no-topology Nodes=cpu-[01-02]\n");
  });

  test("on a terminal it is as wide as that, and coloured; a name steers no terminal", async () => {
    const graph = {
      root: vertex("", [
        vertex(
          "leaf\u001b[2J",
          Array.from({ length: 90 }, (_, i) => vertex(`n${i * 3}`)),
        ),
      ]),
    };
    const text = treeText(
      { title: "t", plugin: "topology/tree", blockSizes: [], graph },
      { columns: 60, colour: true },
    );
    const bare = stripVTControlCharacters(text);
    expect(bare).not.toContain("\u001b");
    expect(bare).toContain("leaf\\u001b[2J");
    expect(Math.max(...bare.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(text).toContain("\u001b[1mleaf");
  });

  test("draws a picture with --svg, and prints JSON with --json", async () => {
    expect(await done("show", "nvl72.yaml", "--svg", "net.svg")).toBe("");
    expect(await readFile(join(commands.space.cwd, "net.svg"), "utf8")).toMatch(
      /^<svg xmlns=[^]*nvl-1-1 \(18\)[^]*<\/svg>\n$/,
    );
    expect(await done("show", "nvl72.yaml", "--svg", "-", "--title", "A & B")).toContain("<title>A &amp; B</title>");
    const [shown]: readonly Record<string, unknown>[] = JSON.parse(
      await done("show", "crusoe-two-pods.yaml", "--json"),
    );
    expect(shown).toMatchObject({ title: "crusoe-two-pods.yaml", nodes: 8, domains: [] });
  });

  test("of several topologies one can be named; a picture is of one, and says so", async () => {
    await put(
      "both.yaml",
      "- topology: t0\n  flat: true\n- topology: t1\n  tree:\n    switches: [{switch: a, nodes: 'n[1-2]'}]\n- topology: t2\n  flat: true\n",
    );
    expect(await done("show", "both.yaml", "--topology", "t1")).toMatch(/^both\.yaml: t1: 2 nodes/);
    expect(await topology("show", "both.yaml", "--svg", "both.svg")).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "wrote both.svg\n  it shows t1, one of 3; --topology names another\n",
    });
    expect((await topology("show", "both.yaml", "--topology", "t1", "--svg", "both.svg")).stderr).toBe(
      "wrote both.svg\n",
    );
    const ended = await topology("show", "both.yaml", "--topology", "t9");
    expect(ended.stderr).toContain('--topology: there is none called "t9"; there are t0, t1, t2 [INPUT_INVALID]');
  });

  test.each([
    [[], 2, "name one of a file, --cluster, --provider and --model"],
    [["a.conf", "--model", "b"], 2, "name one of a file"],
    [["a.conf", "--param", "trimTiers=1"], 2, "--param: is for --provider alone"],
    [["missing.conf"], 66, "missing.conf is neither a file nor a model that comes with Sluice"],
    [["ring.conf"], 78, "line 1: the way up from switch a leads back to it"],
    [["bad.conf"], 78, "bad.conf:1: Slurm knows no Foo here; `sluice topology check` says all that is wrong"],
    [["--cluster", "nowhere"], 4, 'no test cluster is called "nowhere"'],
    [["--provider", "nowhere"], 2, 'unknown topology provider "nowhere"'],
  ])("show %j is refused in words that help", async (args, exitCode, words) => {
    await put("ring.conf", "SwitchName=a Switches=b\nSwitchName=b Switches=a\n");
    await put("bad.conf", "SwitchName=a Foo=1\n");
    const ended = await topology("show", ...args);
    expect(ended.stderr).toContain(words);
    expect(ended.exitCode).toBe(exitCode);
  });
});

test("whoever stops a command that reads stdin need not end stdin first", async () => {
  const { io, written } = captureIo();
  const stop = new AbortController();
  const { signal } = stop;
  const { cwd } = commands.space;
  const context = { io: { ...io, stdin: new PassThrough() }, signal, urgent: signal, cwd, exitCode: 0 };
  const ended = runProgram(["topology", "show", "-"], { ...context, config: async () => readConfig({}) });
  // The command has to be reading already.
  await expect
    .poll(() => context.io.stdin.listenerCount("readable") + context.io.stdin.listenerCount("data"))
    .not.toBe(0);
  stop.abort();
  expect(await ended).toBe(130);
  expect(written.stderr).toContain("stopped as asked [CANCELLED]");
});

describe("topology diff", () => {
  test("says what moved and what Slurm needs; ends with 1 where that is asked for", async () => {
    await put("old.conf", pods);
    await put("new.conf", pods.replace("node-[1-4]", "node-[1-3]").replace("node-[5-8]", "node-[4-9]"));
    expect(await done("diff", "old.conf", "old.conf")).toBe("Slurm needs nothing: both describe the same network.\n");
    const { stdout, exitCode } = await topology("diff", "old.conf", "new.conf", "--exit-code");
    expect(stdout).toMatch(
      /^nodes: node-4: pod-abc123 → pod-def456\nnodes: node-9: new in pod-def456\n\nSlurm needs a reconfigure: .*new to the cluster/,
    );
    expect(exitCode).toBe(1);
    expect((await topology("diff", "old.conf", "old.conf", "--exit-code")).exitCode).toBe(0);
    const [found]: readonly unknown[] = JSON.parse(await done("diff", "old.conf", "new.conf", "--json"));
    expect(found).toMatchObject({ slurm: { need: "reconfigure" }, diff: { addedSwitches: [] } });
    expect(await done("diff", "crusoe-two-pods.yaml", "old.conf")).toContain("Slurm needs nothing");
  });

  test("a file that says nothing has lost what the other one says", async () => {
    await put("old.conf", pods);
    await put("empty.conf", "");
    expect(await done("diff", "old.conf", "empty.conf")).toMatch(
      /^switches removed: partition-1,pod-abc123,pod-def456\nnodes: node-\[1-4\]: gone from pod-abc123\n[^]*Slurm needs a reconfigure/,
    );
  });

  test("topologies of a topology.yaml are compared by name; those that came or went are said", async () => {
    const tree = (nodes: string): string => `  tree:\n    switches: [{switch: a, nodes: "${nodes}"}]\n`;
    await put("old.yaml", `- topology: t1\n${tree("n[1-2]")}- topology: gone\n  flat: true\n`);
    await put("new.yaml", `- topology: come\n${tree("n3")}- topology: t1\n${tree("n[1-2]")}`);
    const ended = await topology("diff", "old.yaml", "new.yaml", "--exit-code");
    expect(ended.stdout).toMatch(
      /^new\.yaml: come \(added\)\nswitches added: a\nnodes: n3: new in a\n\nSlurm needs a reconfigure: [^]*\n\nnew\.yaml: t1\nSlurm needs nothing: [^]*\n\nold\.yaml: gone \(removed\)\nSlurm needs a reconfigure: /,
    );
    expect(ended.exitCode).toBe(1);
    expect(JSON.parse(await done("diff", "old.yaml", "new.yaml", "--json"))).toMatchObject([
      { title: "new.yaml: come", change: "added" },
      { title: "new.yaml: t1", diff: { addedNodes: [] } },
      { title: "old.yaml: gone", change: "removed", slurm: { need: "reconfigure" } },
    ]);
  });
});

describe("topology check", () => {
  test("ends with 0 where nothing is wrong, warnings aside, and with 78 where something is", async () => {
    await put("good.conf", pods);
    expect(await done("check", "good.conf", "--nodes", "node-[1-8]")).toBe(
      "good.conf: Slurm takes it (3 lines of switches and blocks), and its nodes are the 8 of the cluster\n",
    );
    await put("warned.conf", "SwitchName=a Nodes=x\nSwitchName=b Nodes=y\n");
    expect(await done("check", "warned.conf")).toMatch(
      /^warned\.conf:2: warning: 2 switches have none above them: a, b/,
    );
    await put("wrong.conf", `${pods}SwitchName=pod-abc123 Nodes=node-1\n`);
    const { stdout, exitCode } = await topology("check", "wrong.conf", "--nodes", "node-[1-9]");
    expect(exitCode).toBe(78);
    expect(stdout).toBe(
      "wrong.conf:4: error: line 2 defines switch pod-abc123 too, and Slurm does not start\n" +
        "  one line says all of a switch: its switches or its nodes\n" +
        "wrong.conf:4: error: nodes of switch pod-abc123 are under another one too: node-1 (pod-abc123)\n" +
        "wrong.conf: error: node node-9 of the cluster is not in it; no job gets such a node\n" +
        "  add them to a leaf switch or a block\n",
    );
    const json = await topology("check", "wrong.conf", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: false, faults: [{ severity: "error", line: 4 }, {}] });
  });
});

interface Grown {
  readonly id: string;
  readonly name: string;
  readonly children: ReadonlyMap<string, Grown>;
}

function vertex(id: string, children: readonly Grown[] = []): Grown {
  return { id, name: children.length > 0 ? "" : id, children: new Map(children.map((child) => [child.id, child])) };
}
