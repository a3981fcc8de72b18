import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkspace, type Ended, type Workspace } from "../../../test/sluice.ts";
import { treeText } from "./tree-text.ts";

let space: Workspace;
const topology = (...args: readonly string[]): Promise<Ended> => space.inProcess("topology", ...args);
const done = async (...args: readonly string[]): Promise<string> => {
  const { stdout, stderr, exitCode } = await topology(...args);
  if (exitCode !== 0) throw new Error(`sluice topology ${args.join(" ")} ended with ${exitCode}: ${stderr}`);
  return stdout;
};
const put = (name: string, text: string): Promise<void> => writeFile(join(space.cwd, name), text);

const pods = `SwitchName=partition-1 Switches=pod-abc123,pod-def456
SwitchName=pod-abc123 Nodes=node-[1-4]
SwitchName=pod-def456 Nodes=node-[5-8]
`;

beforeAll(async () => {
  space = await openWorkspace();
});
afterAll(async () => {
  await space[Symbol.asyncDispose]();
});

describe("topology generate", () => {
  test("writes what the model says, names one by one where that is asked for", async () => {
    const sim = ["generate", "--provider", "crusoe-sim", "--model", "crusoe-two-pods.yaml"];
    expect(await done(...sim)).toBe(pods);
    expect(await done(...sim, "--engine-param", "compress=false")).toBe(
      "SwitchName=partition-1 Switches=pod-abc123,pod-def456\n" +
        "SwitchName=pod-abc123 Nodes=node-1,node-2,node-3,node-4\n" +
        "SwitchName=pod-def456 Nodes=node-5,node-6,node-7,node-8\n",
    );
  });

  test("takes parameters as pairs and as JSON, sizes of blocks, and a model of the user's own before one of Sluice's", async () => {
    await put("medium.yaml", "switches: {a: {switches: []}}\nblocks:\n- {switch: a, nodes: ['x[1-2]']}\n");
    const own = ["generate", "--provider", "nscale-sim", "--model", "medium.yaml"];
    expect(await done(...own)).toBe("SwitchName=a Nodes=x[1-2]\n");
    expect(await done(...own, "--params", '{"trimTiers":1}')).toBe("");
    expect(await done(...own, "--param", "trimTiers=1", "--params", '{"trimTiers":0}')).toBe("");
    const blocks = ["--plugin", "topology/block", "--block-sizes", "2,4"];
    expect(await done("generate", "--provider", "aws-sim", "--model", "nvl72.yaml", ...blocks)).toMatch(
      /^# block001=.*\nBlockName=block001 Nodes=.*\n[^]*BlockSizes=2,4\n$/,
    );
  });

  test("places the nodes of a file: hostlists, instances with names and regions, JSON", async () => {
    const sim = ["generate", "--provider", "crusoe-sim", "--model", "crusoe-two-pods.yaml", "--nodes"];
    const expected = "SwitchName=partition-1 Switches=pod-abc123\nSwitchName=pod-abc123 Nodes=node-[1-2]\n";
    await put("hosts", "# those of today\nnode-[1-2]\n");
    await put("words", "node-1 node-1 local\n\nnode-2 node-2\n");
    await put("json", '[{"region":"local","instances":{"node-1":"node-1","node-2":"node-2"}}]');
    for (const file of ["hosts", "words", "json"]) expect(await done(...sim, file)).toBe(expected);
    await put("bad", "node-1 node-1 local more\n");
    expect(await topology(...sim, "bad")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--nodes: bad line 1: more words than INSTANCE NODE REGION [INPUT_INVALID]"),
    });
  });

  test("takes a request as clients of Topograph send it, and says its id", async () => {
    await put("payload.json", '{"provider":{"name":"test","params":{}},"engine":{"name":"slurm","params":{}}}');
    const answer: unknown = JSON.parse(await done("generate", "--request", "payload.json", "--json"));
    expect(answer).toEqual({
      id: "1e012966d3b11091",
      provider: "test",
      engine: "slurm",
      seconds: expect.any(Number),
      output:
        "SwitchName=S1 Switches=S[2-3]\nSwitchName=S2 Nodes=Node[201-202,205]\nSwitchName=S3 Nodes=Node[304-306]\n",
    });
    expect(await topology("generate", "--request", "payload.json", "--plugin", "topology/tree")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--plugin: cannot stand beside --request"),
    });
  });

  test("replaces a file whole, and leaves none half there", async () => {
    await put("out.conf", "old");
    const args = ["generate", "--provider", "crusoe-sim", "--model", "crusoe-two-pods.yaml", "-o"];
    expect(await done(...args, "out.conf")).toBe("");
    expect(await readFile(join(space.cwd, "out.conf"), "utf8")).toBe(pods);
    await mkdir(join(space.cwd, "folder"));
    expect(await topology(...args, "folder")).toMatchObject({
      exitCode: 73,
      stderr: expect.stringMatching(/cannot write .*folder.*\[FILE_UNWRITABLE\]/),
    });
    expect((await readdir(space.cwd)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test.each([
    [["--engine", "slurm"], 2, "--provider: say where the topology comes from; known: "],
    [["--provider", "nowhere"], 65, "unsupported provider nowhere [TOPOLOGY_REFUSED]"],
    [["--provider", "test", "--engine", "nothing"], 65, "unsupported engine nothing [TOPOLOGY_REFUSED]"],
    [["--provider", "crusoe-sim"], 65, "no model file name for simulation [TOPOLOGY_REFUSED]"],
    [["--provider", "test", "--param", "=1"], 2, '--param: "=1" is not KEY=VALUE'],
    [["--provider", "test", "--params", "[1]"], 2, "--params: parameters are an object, not a list"],
    [["--provider", "test", "--param", "a=[1"], 2, "--param: "],
    [["--request", "missing.json"], 66, "cannot read missing.json: "],
    [
      ["--provider", "aws-sim", "--model", "nvl72.yaml", "--param", "api_error=4"],
      69,
      "failed to get client: API error",
    ],
  ])("%j is refused in words that help", async (args, exitCode, words) => {
    const ended = await topology("generate", ...args);
    expect(ended.stderr).toContain(words);
    expect(ended.exitCode).toBe(exitCode);
  });

  test("credentials are never shown, also where their file cannot be read", async () => {
    await put("creds.yaml", "token: [s3cret\n");
    const ended = await topology("generate", "--provider", "test", "--credentials", "creds.yaml");
    expect(ended).toMatchObject({ exitCode: 78, stderr: expect.stringContaining("holds no mapping of credentials") });
    expect(ended.stderr + ended.stdout).not.toContain("s3cret");
  });
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
    const planned = await space.inProcess("cluster", "create", "--topology", "crusoe-small.yaml", "--dry-run");
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
    expect(await readFile(join(space.cwd, "net.svg"), "utf8")).toMatch(/^<svg xmlns=[^]*nvl-1-1 \(18\)[^]*<\/svg>\n$/);
    expect(await done("show", "nvl72.yaml", "--svg", "-", "--title", "A & B")).toContain("<title>A &amp; B</title>");
    const [shown]: readonly Record<string, unknown>[] = JSON.parse(
      await done("show", "crusoe-two-pods.yaml", "--json"),
    );
    expect(shown).toMatchObject({ title: "crusoe-two-pods.yaml", nodes: 8, domains: [] });
  });

  test.each([
    [[], 2, "name one of a file, --cluster, --provider and --model"],
    [["a.conf", "--model", "b"], 2, "name one of a file"],
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

describe("topology models", () => {
  test("are listed, shown and made", async () => {
    expect(await done("models", "list")).toMatch(
      /^NAME +NODES +SWITCHES +TIERS +DOMAINS\n[^]*^crusoe-two-pods\.yaml +8 +3 +2 +0$/m,
    );
    expect(await done("models", "show", "crusoe-two-pods.yaml")).toContain("pod-abc123");
    await done("models", "make", "--nodes", "8", "--nodes-per-leaf", "2", "--tiers", "2", "-o", "made.yaml");
    expect(await done("show", "made.yaml")).toMatch(/^made\.yaml: 8 nodes, 5 switches, 2 tiers\n/);
    expect(await topology("models", "make", "--nodes", "0")).toMatchObject({ exitCode: 2 });
    expect(await topology("models", "show", "nowhere")).toMatchObject({
      exitCode: 66,
      stderr: expect.stringContaining("models that come with Sluice: "),
    });
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
