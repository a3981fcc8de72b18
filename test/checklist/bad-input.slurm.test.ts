import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { identify } from "../../src/launcher/drivers/native/processes.ts";
import { freePort, occupyPort, openWorkspace, type Ended, type Workspace } from "../sluice.ts";

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

const create = (...args: readonly string[]): Promise<Ended> => workspace.sluice("cluster", "create", ...args);

/** What a command says, and which files are there now that were not there before or the other way round. */
async function attempt(...args: readonly string[]): Promise<Ended & { readonly changed: readonly string[] }> {
  const before = new Set(await workspace.files());
  const ended = await workspace.inProcess(...args);
  const after = new Set(await workspace.files());
  return {
    ...ended,
    changed: [...after].filter((file) => !before.has(file)).concat([...before].filter((file) => !after.has(file))),
  };
}

/** A refusal: nothing on stdout, these words on stderr, and every file as it was. */
const refusal = (exitCode: number, message: string): unknown => ({
  stdout: "",
  stderr: expect.stringContaining(message),
  exitCode,
  changed: [],
});

describe("create refuses, and leaves nothing behind", () => {
  const name200 = "x".repeat(200);
  test.each<[args: string, exitCode: number, message: string]>([
    ["--preset huge", 2, '--preset: unknown preset "huge"; choose one of cpu, gpu, multi-node, full [INPUT_INVALID]'],
    ["--name a/b", 2, `--name: "a/b" cannot be a cluster's name: it takes letters, digits`],
    ["--name ../up", 2, `--name: "../up" cannot be a cluster's name`],
    [`--name ${name200}`, 2, `--name: "${"x".repeat(57)}…" cannot be a cluster's name: it takes at most 40 characters`],
    ["--cpu-nodes 0", 2, "--cpu-nodes: a cluster needs a node to run jobs on"],
    ["--cpu-nodes=-1", 2, "--cpu-nodes: -1 is out of range; it takes a whole number from 0 to 128"],
    ["--cpu-nodes 100000", 2, "--cpu-nodes: 100000 is out of range; it takes a whole number from 0 to 128"],
    ["--cpu-nodes 9999999999999999999", 2, '--cpu-nodes: "9999999999999999999" is not accepted'],
    ["--cpu-nodes two", 2, '--cpu-nodes: "two" is not accepted; it takes a whole number'],
    ["--gpu-nodes 1.5", 2, '--gpu-nodes: "1.5" is not accepted; it takes a whole number'],
    ["--cpus-per-node 0", 2, "--cpus-per-node: 0 is out of range; it takes a whole number from 1 to 1024"],
    ["--gpus-per-node 2", 2, "--gpus-per-node: 2 GPUs per node, but the cluster has no GPU nodes"],
    ["--preset gpu --gpus-per-node 0", 2, "--gpus-per-node: 0 is out of range"],
    ["--gpu-env nvidia", 2, "--gpu-env: the cluster has no GPU nodes"],
    ["--preset gpu --gpu-env intel", 2, 'unknown value "intel" of --gpu-env; choose one of none, nvidia, amd'],
    ["--memory-per-node 4G", 2, '"4G" is not accepted; it takes a whole number of MB, without a unit [INPUT_INVALID]'],
    ["--memory-per-node 0", 2, "--memory-per-node: 0 MB is out of range"],
    ["--port 0", 2, "--port: 0 is not a port; it takes 1 to 65535"],
    ["--port 65536", 2, "--port: 65536 is not a port; it takes 1 to 65535"],
    ["--driver compose", 69, "the compose driver is not in this version; available: native [DRIVER_UNAVAILABLE]"],
    ["--driver vm", 2, 'unknown value "vm" of --driver; choose one of auto, native, compose'],
    ["--timeout 0", 2, '--timeout: "0" is not accepted; it takes a number of seconds above 0'],
    ["--owner-pid 1", 2, "--owner-pid means nothing without --ephemeral"],
    ["--ephemeral --owner-pid 1073741824", 2, "--owner-pid: there is no process 1073741824"],
    ["--config nowhere.yaml", 66, "nowhere.yaml: ENOENT"],
    ["--config x.yaml --cpu-nodes 2", 2, "--cpu-nodes cannot stand beside --config"],
    ["--colour", 2, "unknown option '--colour'"],
    ["--output-dir /proc/sluice", 73, "cannot write /proc/sluice/slurm-test: ENOENT"],
    ["--output-dir /dev/null/below", 73, "cannot write /dev/null/below/slurm-test: ENOTDIR"],
  ])("%s", async (args, exitCode, message) => {
    expect(await attempt("cluster", "create", "--start", ...args.split(" "))).toEqual(refusal(exitCode, message));
  });

  test("an output folder that is a file", async () => {
    await writeFile(join(workspace.cwd, "file"), "");
    expect(await attempt("cluster", "create", "--output-dir", "file")).toEqual(refusal(73, "cannot write "));
    expect(await attempt("cluster", "create", "--output-dir", "file/below")).toEqual(
      refusal(73, "choose another --output-dir [FILE_UNWRITABLE]"),
    );
  });

  test("a folder that holds somebody's work", async () => {
    await mkdir(workspace.path("taken"), { recursive: true });
    await writeFile(workspace.path("taken", "thesis.tex"), "");
    const message = `${workspace.path("taken")} exists already; remove it, or choose another --name or --output-dir`;
    expect(await attempt("cluster", "create", "--name", "taken")).toEqual(refusal(5, message));
  });

  test("a port that was asked for and is busy", async () => {
    await using busy = await occupyPort(0);
    const holder = `(process ${process.pid}) listens on it; name another, or leave it out`;
    expect(await attempt("cluster", "create", "--port", String(busy.port))).toEqual(refusal(5, holder));
  });

  test("a port that another cluster keeps, though it is stopped", async () => {
    const port = String(await freePort());
    await workspace.done("cluster", "create", "--name", "keeper", "--port", port);
    expect(await attempt("cluster", "create", "--port", port)).toEqual(
      refusal(5, `--port ${port} cannot be used: it belongs to cluster "keeper"`),
    );
  });

  test("a name that is used, from another folder too", async () => {
    await workspace.done("cluster", "create", "--name", "first");
    for (const more of [[], ["--output-dir", "elsewhere"]]) {
      const message = `there is a cluster "first" already, in ${workspace.path("first")}; choose another --name`;
      expect(await attempt("cluster", "create", "--name", "first", ...more)).toEqual(refusal(5, message));
    }
  });

  test("a cluster.yaml that is corrupt, or of a newer Sluice, by line and column", async () => {
    const file = join(workspace.cwd, "given.yaml");
    await writeFile(file, "version: 1\ncluster:\n  name: dev\n  nodes: [\n");
    expect(await attempt("cluster", "create", "--config", "given.yaml")).toEqual(
      refusal(78, `${file}:5:1: is not YAML: `),
    );
    await writeFile(file, "# mine\nversion: 99\n");
    expect(await attempt("cluster", "create", "--config", "given.yaml")).toEqual(
      refusal(78, `${file}:2:10: was written by a newer Sluice`),
    );
  });

  test("the second of two that make one name at once", async () => {
    const before = await workspace.files();
    const port = String(await freePort());
    const ended = await Promise.all([1, 2, 3].map(() => create("--name", "raced", "--port", port, "--start")));
    const codes = ended.map(({ exitCode }) => exitCode).toSorted((a, b) => a - b);
    expect(codes[0]).toBe(0);
    const answers = new Map([
      [75, expect.stringMatching(/cluster "raced" is in use by process \d+ \(cluster create\).*\[CLUSTER_BUSY\]/)],
      [5, expect.stringContaining('there is a cluster "raced" already')],
    ]);
    for (const { exitCode, stderr } of ended.filter((one) => one.exitCode !== 0)) {
      expect(stderr).toEqual(answers.get(exitCode) ?? "another refusal");
    }
    expect(codes.filter((code) => code === 0)).toHaveLength(1);
    expect((await workspace.status("raced")).status).toBe("running");
    await workspace.done("cluster", "destroy", "--name", "raced");
    expect(await workspace.files()).toEqual(before);
  });
});

describe("a cluster that is not as it should be", () => {
  test("is not found under another name, and the names that there are stand in the answer", async () => {
    await workspace.done("cluster", "create", "--name", "known");
    for (const args of [["start"], ["stop"], ["status"], ["logs"], ["ssh"], ["node", "slurm", "drain"]]) {
      expect(await attempt("cluster", ...args, "--name", "unknown")).toEqual(
        refusal(4, 'no test cluster is called "unknown"; known: '),
      );
    }
  });

  test("is told to be started before anything is done to it", async () => {
    await workspace.done("cluster", "create", "--name", "cold");
    const hint = "start it with: sluice cluster start --name cold [CLUSTER_NOT_RUNNING]";
    expect(await attempt("cluster", "ssh", "--name", "cold", "--", "true")).toEqual(refusal(69, hint));
    expect(await attempt("cluster", "node", "slurm", "drain", "--name", "cold")).toEqual(refusal(69, hint));
  });

  test("has no node or action of that name", async () => {
    await workspace.start("small");
    expect(await attempt("cluster", "node", "cpu-9", "drain", "--name", "small")).toEqual(
      refusal(4, 'no compute node "cpu-9"; its compute nodes: slurm'),
    );
    expect(await attempt("cluster", "node", "slurm", "paint", "--name", "small")).toEqual(
      refusal(2, 'unknown action "paint"; choose one of down, drain,'),
    );
    await workspace.done("cluster", "destroy", "--name", "small");
  });

  test.each([
    ["corrupt", (text: string) => text.replace("auth: munge", "auth: {munge"), /cluster\.yaml:\d+:\d+: is not YAML: /],
    [
      "newer",
      (text: string) => text.replace("version: 1", "version: 2"),
      /cluster\.yaml:3:10: was written by a newer Sluice/,
    ],
  ])("with a %s cluster.yaml says where, is listed as broken, and can be destroyed", async (name, change, message) => {
    const before = await workspace.files();
    const { daemons } = await workspace.start(name);
    const file = workspace.path(name, "cluster.yaml");
    await writeFile(file, change(await readFile(file, "utf8")));
    for (const command of ["start", "status", "logs"]) {
      const { exitCode, stderr } = await workspace.sluice("cluster", command, "--name", name);
      expect([exitCode, stderr]).toEqual([78, expect.stringMatching(message)]);
    }
    expect(await workspace.done("cluster", "list")).toMatch(new RegExp(`^${name} +broken `, "m"));
    await workspace.done("cluster", "destroy", "--name", name);
    expect(daemons.filter(({ pid }) => identify(pid) !== undefined)).toEqual([]);
    expect(await workspace.files()).toEqual(before);
  });

  test("whose folder was deleted cannot be started, and is cleared away by destroy, daemons included", async () => {
    const before = await workspace.files();
    const { daemons } = await workspace.start("gone");
    await rm(workspace.path("gone"), { recursive: true });
    const message = `the files of cluster "gone" are gone (${workspace.path("gone", "cluster.yaml")} does not exist); clear what is left of it with: sluice cluster destroy --name gone`;
    expect(await attempt("cluster", "start", "--name", "gone")).toEqual(refusal(4, message));
    expect(await workspace.done("cluster", "list")).toMatch(/^gone +broken /m);
    await workspace.done("cluster", "destroy", "--name", "gone");
    expect(daemons.filter(({ pid }) => identify(pid) !== undefined)).toEqual([]);
    expect(await workspace.files()).toEqual(before);
  });

  test("whose configuration was deleted gets it back from cluster.yaml", async () => {
    await workspace.start("restored", "--preset", "gpu");
    await workspace.done("cluster", "stop", "--name", "restored");
    const conf = workspace.path("restored", "config", "slurm.conf");
    const text = await readFile(conf, "utf8");
    await rm(workspace.path("restored", "config"), { recursive: true });
    await workspace.done("cluster", "start", "--name", "restored");
    expect(await readFile(conf, "utf8")).toBe(text);
    expect((await workspace.status("restored")).nodes.map(({ state, gpus }) => [state, gpus])).toEqual([["idle", 2]]);
    await workspace.done("cluster", "destroy", "--name", "restored");
  });
});

test.each([
  ["with blanks", "cpu", "--cpus-per-task=2"],
  ["it's #1", "cpu", "--cpus-per-task=2"],
  ["$(id) `x`", "cpu", "--cpus-per-task=2"],
  ["100%", "gpu", "--gpus=2"],
  ["a [b], c #1", "gpu", "--gpus=2"],
  ["it's\\ünïcode", "gpu", "--gpus=2"],
  ["a-".repeat(60), "gpu", "--gpus=2"],
])("a folder called %j is as good as any (%s)", async (folder, preset, option) => {
  const port = String(await freePort());
  const where = ["--port", port, "--preset", preset, "--output-dir", folder];
  await workspace.done("cluster", "create", "--name", "odd", ...where);
  await workspace.done("cluster", "start", "--name", "odd");
  const ssh = await workspace.sluice("cluster", "ssh", "--name", "odd", "--", "srun", option, "echo", "ran");
  expect(ssh).toEqual({ stdout: "ran\n", stderr: "", exitCode: 0 });
  await workspace.done("cluster", "destroy", "--name", "odd");
  expect((await workspace.files()).filter((file) => file.includes(folder))).toEqual([]);
});

test.each([
  ["%h", "cpu", "Slurm replaces %h and %n in it"],
  ['a "b"', "cpu", "Slurm's files cannot hold a double quote and a blank together"],
])(
  "a folder called %j is refused with the reason, since Slurm's files cannot hold it (%s)",
  async (folder, preset, message) => {
    const ended = await attempt("cluster", "create", "--preset", preset, "--start", "--output-dir", folder);
    expect(ended).toEqual(refusal(78, message));
  },
);
