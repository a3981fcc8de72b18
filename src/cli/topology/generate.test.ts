import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ended } from "../../../test/sluice.ts";
import { openTopologyCommands, pods, type TopologyCommands } from "../../../test/topology-commands.ts";

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

  test("refuses a request of clients in the words that a server has for it", async () => {
    await put("unknown.json", '{"provider":{"name":"nowhere"}}');
    expect(await topology("generate", "--request", "unknown.json")).toMatchObject({
      exitCode: 65,
      stderr: expect.stringContaining("unsupported provider nowhere [TOPOLOGY_REFUSED]"),
    });
  });

  test("replaces a file whole, and leaves none half there", async () => {
    await put("out.conf", "old");
    const args = ["generate", "--provider", "crusoe-sim", "--model", "crusoe-two-pods.yaml", "-o"];
    expect(await topology(...args, "out.conf")).toEqual({ exitCode: 0, stdout: "", stderr: "wrote out.conf\n" });
    expect((await topology(...args, "out.conf", "--quiet")).stderr).toBe("");
    expect(await readFile(join(commands.space.cwd, "out.conf"), "utf8")).toBe(pods);
    await mkdir(join(commands.space.cwd, "folder"));
    expect(await topology(...args, "folder")).toMatchObject({
      exitCode: 73,
      stderr: expect.stringMatching(/cannot write .*folder.*\[FILE_UNWRITABLE\]/),
    });
    expect((await readdir(commands.space.cwd)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test.each([
    [["--engine", "slurm"], 2, "--provider: say where the topology comes from; known: "],
    [["--provider", "nowhere"], 2, 'unknown topology provider "nowhere"; known: aws, '],
    [["--provider", "test", "--engine", "nothing"], 2, 'unknown topology engine "nothing"; known: '],
    [["--provider", "crusoe-sim", "--model", "nowhere"], 66, "nowhere is neither a file nor a model that comes with"],
    [["--provider", "test", "--region", "r"], 2, "--region: is that of the nodes of --nodes, which names none here"],
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
      stderr: expect.stringContaining("nowhere is neither a file nor a model that comes with Sluice ("),
    });
  });
});
