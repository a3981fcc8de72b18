import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nothing, tracesOf } from "./machine.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const stop = ["cluster", "stop", "--name", "c", "--quiet"];
const start = ["cluster", "start", "--name", "c", "--quiet"];

/** Rewrites a file of the cluster's configuration as a person with an editor would. */
function edit(workspace: Workspace, file: string, change: (text: string) => string): void {
  const path = join(workspace.directory("c"), "config", file);
  const text = readFileSync(path, "utf8");
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(path, changed);
}

async function sinfo(workspace: Workspace, format: string): Promise<string> {
  return (await workspace.run(["sinfo", "-h", "-N", "-o", format], "c")).stdout.trim();
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

test("a node and a setting that were added to slurm.conf by hand are there after start, and go with destroy", async () => {
  await using workspace = openWorkspace();
  await workspace.ok(["cluster", "create", "--name", "c", "--preset", "multi-node", "--start", "--quiet"]);
  const record = workspace.record("c");
  await workspace.ok(stop);
  const port = await freePort();
  edit(workspace, "slurm.conf", (text) =>
    text
      .replace(/^NodeName=compute-1 .*$/m, (line) =>
        [line, line.replace("compute-1", "mine").replace(/Port=\d+/, `Port=${port}`)].join("\n"),
      )
      .replace("Nodes=compute-0,compute-1", "Nodes=compute-0,compute-1,mine")
      .replace(/^DefMemPerCPU=.*$/m, "DefMemPerCPU=123"),
  );
  await workspace.ok(start);
  expect(await sinfo(workspace, "%N %t")).toBe("compute-0 idle\ncompute-1 idle\nmine idle");
  expect((await workspace.run(["srun", "-w", "mine", "printenv", "SLURMD_NODENAME"], "c")).stdout).toBe("mine\n");
  expect((await workspace.run(["scontrol", "show", "config"], "c")).stdout).toMatch(/^DefMemPerCPU +=? *123$/m);
  const status: unknown = JSON.parse(await workspace.ok(["cluster", "status", "--name", "c", "--json"]));
  expect(status).toMatchObject({
    status: "running",
    nodes: [{ name: "controller" }, { name: "compute-0" }, { name: "compute-1" }, { name: "mine", state: "idle" }],
  });
  await workspace.ok(["cluster", "node", "mine", "restart", "--name", "c", "--quiet"]);
  await workspace.ok(["cluster", "destroy", "--name", "c", "--quiet"]);
  expect(tracesOf(workspace, [{ ...record, ports: [...record.ports, port] }])).toEqual(nothing);
});

const refusals = [
  {
    what: "an unknown key",
    preset: "cpu",
    file: "slurm.conf",
    change: (text: string) => text.replace(/^MailProg=.*$/m, "Frobnicate=7"),
    line: /^Frobnicate=7$/m,
    words: "Frobnicate",
  },
  {
    what: "a value that is none",
    preset: "cpu",
    file: "slurm.conf",
    change: (text: string) => text.replace(/^SlurmdTimeout=.*$/m, "SlurmdTimeout=soon"),
    line: /^SlurmdTimeout=soon$/m,
    words: "soon",
  },
  {
    what: "a partition of a node that is not there",
    preset: "cpu",
    file: "slurm.conf",
    change: (text: string) => text.replace(/ Nodes=slurm /, " Nodes=slurm,ghost "),
    line: /Nodes=slurm,ghost/m,
    words: "Invalid node names in partition debug",
  },
  {
    what: "a plugin that is not there",
    preset: "cpu",
    file: "slurm.conf",
    change: (text: string) => text.replace(/^SelectType=.*$/m, "SelectType=select/magic"),
    line: /^SelectType=select\/magic$/m,
    words: "select/magic",
  },
  {
    what: "an unknown key of gres.conf",
    preset: "gpu",
    file: "gres.conf",
    change: (text: string) => text.replace(/ File=/, " Frobnicate=1 File="),
    line: /Frobnicate=1/m,
    words: "Frobnicate",
  },
] as const;

test.each(refusals)(
  "$what makes start fail with Slurm's words, file and line, and mending it helps",
  async (refusal) => {
    await using workspace = openWorkspace();
    await workspace.ok(["cluster", "create", "--name", "c", "--preset", refusal.preset, "--start", "--quiet"]);
    const record = workspace.record("c");
    await workspace.ok(stop);
    const path = join(workspace.directory("c"), "config", refusal.file);
    const good = readFileSync(path, "utf8");
    edit(workspace, refusal.file, refusal.change);
    const lines = readFileSync(path, "utf8").split("\n");
    const line = lines.findIndex((text) => refusal.line.test(text)) + 1;

    const { code, stderr } = await workspace.sluice(start);
    expect(stderr).toContain(`${path}:${line}: Slurm refuses it: `);
    expect(stderr).toContain(refusal.words);
    expect(stderr).toContain("[CONFIG_INVALID]");
    expect(code).toBe(78);
    expect(tracesOf(workspace, [record])).toMatchObject({ processes: [], ports: [] });

    writeFileSync(path, good);
    await workspace.ok(start);
    expect((await workspace.run(["srun", "true"], "c")).code).toBe(0);
  },
);

test("gres.conf and Gres= that disagree are found before anything is started, and agree after an edit of both", async () => {
  await using workspace = openWorkspace();
  await workspace.ok(["cluster", "create", "--name", "c", "--preset", "gpu", "--start", "--quiet"]);
  const record = workspace.record("c");
  await workspace.ok(stop);
  edit(workspace, "slurm.conf", (text) => text.replace("Gres=gpu:fake:2", "Gres=gpu:fake:3"));
  const { code, stderr } = await workspace.sluice(start);
  expect(code).toBe(78);
  expect(stderr).toContain("slurmd of slurm sees 2 of its 3 GPUs");
  expect(tracesOf(workspace, [record])).toMatchObject({ processes: [], ports: [] });

  edit(workspace, "gres.conf", (text) => text.replace("gpu[0-1]", "gpu[0-2]"));
  await workspace.ok(start);
  expect(existsSync(join(record.run, "devices/slurm/gpu2"))).toBe(true);
  expect(await sinfo(workspace, "%G %t")).toBe("gpu:fake:3 idle\ngpu:fake:3 idle");
  const { stdout } = await workspace.run(["srun", "--gpus=3", "printenv", "SLURM_STEP_GPUS"], "c");
  expect(stdout).toBe("0,1,2\n");
});
