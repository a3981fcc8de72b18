import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { openJobsInFolder, type JobsInFolder } from "../../../test/job-in-folder.ts";
import { findOption } from "../../slurm/batch/option-table.ts";
import type { FileKeeper } from "./keep-content.ts";
import { shipTask, type ShipOptions } from "./ship.ts";
import type { ShippedCode } from "./shipped-code.ts";

let folder: string;
let project: string;
let jobs: JobsInFolder;
/** The sizes of the files that were brought. */
let brought: number[];
let cluster: FileKeeper;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "sluice-ship-")));
  project = join(folder, "project");
  jobs = await openJobsInFolder();
  brought = [];
  cluster = {
    clusterName: async () => "here",
    async keptFile(_, sha256) {
      const path = join(jobs.base, "files", sha256);
      return existsSync(path) ? path : undefined;
    },
    async keepFile(_, sha256, bytes) {
      if (createHash("sha256").update(bytes).digest("hex") !== sha256) throw new Error(`this is not ${sha256}`);
      brought.push(bytes.length);
      const path = join(jobs.base, "files", sha256);
      await writeFile(path, bytes, { mode: 0o600 });
      return path;
    },
  };
  await write({
    "package.json": '{"name":"project","version":"1.0.0","type":"module"}',
    "src/train.ts": `import { hostname } from "node:os";
      import { task } from "sluice";
      import { test as nothing } from "vitest";
      nothing("never runs", () => { throw new Error("it ran"); });
      export const train = task(async function train(x: number) { return [x + 1, hostname() !== "", process.version]; });`,
  });
});

afterEach(async () => {
  await jobs[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, name)), { recursive: true });
    await writeFile(join(project, name), text);
  }
}

const id = "src/train.ts#train";

function ship(options: Partial<ShipOptions> = {}): Promise<ShippedCode> {
  const module = join(project, "src/train.ts");
  return shipTask(
    { id, kind: "task", module, place: { module, path: "src/train.ts" } },
    { backend: cluster, home: join(folder, "home"), ...options },
  );
}

interface Ran {
  readonly status: number | null;
  readonly stderr: string;
  readonly value: unknown;
}

/** Runs a call of the task as its job's script does. */
async function run(
  code: ShippedCode,
  { variables = {}, srun = false }: { variables?: Readonly<Record<string, string>>; srun?: boolean } = {},
): Promise<Ran> {
  const job = await jobs.place(id, [41], { code, srun });
  const { status, stderr } = await job.start(variables).ended;
  return { status, stderr, value: status === 0 ? await job.value() : undefined };
}

/** Programs that stand before all others on the PATH. */
async function programs(scripts: Readonly<Record<string, string>>): Promise<string> {
  const bin = join(folder, "bin");
  await mkdir(bin, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) await writeFile(join(bin, name), script, { mode: 0o755 });
  return `${bin}:${process.env["PATH"]}`;
}

const trained = [42, true, process.version];
const oldNode = "#!/bin/sh\necho v20.20.2\n";

describe("a bundle", () => {
  test("is brought once, however many submit at once, and runs in its job", async () => {
    const [code, ...others] = await Promise.all([ship(), ship(), ship()]);
    expect(others).toEqual([code, code]);
    expect(await ship()).toEqual(code);
    expect(brought).toHaveLength(1);
    expect(await run(code)).toEqual({ status: 0, stderr: "", value: trained });
  });

  test("runs though a package.json above its folder says that files are CommonJS", async () => {
    await writeFile(join(jobs.base, "package.json"), '{"type":"commonjs"}');
    expect((await run(await ship())).value).toEqual(trained);
  });

  test("is inherited by a workflow's children where the workflow's code has the task", async () => {
    const inherited = await ship({ packaging: "bundle" });
    // This process is no job, and has defined no such task: so it is made as usual.
    expect(await ship({ inherited })).toEqual(inherited);
    expect(await ship({ inherited: { ...inherited, entry: "/another" }, packaging: "inherit" })).toEqual(inherited);
    const { register } = await import("../define/registry.ts");
    const module = join(project, "src/train.ts");
    const place = { module, path: "src/train.ts" };
    Reflect.set(globalThis, Symbol.for("sluice.in-job"), true);
    try {
      register(
        { kind: "task", name: "train", module, place, options: {}, fn: () => {}, after: [], bound: [] },
        { id, name: undefined },
      );
      expect(await ship({ inherited: { ...inherited, entry: "/another" } })).toMatchObject({ entry: "/another" });
    } finally {
      Reflect.deleteProperty(globalThis, Symbol.for("sluice.in-job"));
    }
  });
});

describe("Node", () => {
  /** Packing it takes seconds. */
  const home = join(tmpdir(), `sluice-packed-node-${process.pid}`);
  afterAll(() => rm(home, { recursive: true, force: true }));

  test("is not one of the PATH that is too old", async () => {
    const PATH = await programs({ node: oldNode });
    expect((await run(await ship(), { variables: { PATH } })).value).toEqual(trained);
  });

  test("is looked for once by the tasks of an array on one host", async () => {
    const node = `#!/bin/sh\necho "$@" >> "$(dirname "$0")/asked"\nexec ${process.execPath} "$@"\n`;
    const PATH = await programs({ node });
    const array = { option: findOption("array"), value: "0-1" };
    const args = JSON.stringify({ args: [41] });
    const job = await jobs.place(id, [41], { code: await ship(), options: [array], calls: [args, args] });
    for (const task of ["0", "1"]) {
      const variables = { PATH, SLURM_ARRAY_TASK_ID: task, SLURMD_NODENAME: "cpu-0" };
      expect(await job.start(variables).ended).toMatchObject({ status: 0, stderr: "" });
      expect(await job.value(Number(task))).toEqual(trained);
    }
    const asked = (await readFile(join(folder, "bin/asked"), "utf8")).split("\n");
    expect(asked.filter((words) => words === "--version")).toHaveLength(1);
  });

  test("is that of an environment module where the PATH has none", async () => {
    const code = await ship();
    const PATH = await programs({ node: oldNode });
    const modules = join(folder, "modules");
    await mkdir(modules);
    await writeFile(join(modules, "node"), `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
    // Sites give bash their modules by this, or by a file of /etc/profile.d.
    const variables = { PATH, BASH_ENV: join(folder, "modules.sh") };
    const script = `module() { if [ "$1 $2" = "load nodejs" ]; then PATH="${modules}:$PATH"; else return 1; fi; }\n`;
    await writeFile(variables.BASH_ENV, script);
    const runtime = { kind: "system", oldest: "22.18", otherwise: [] } as const;
    expect((await run({ ...code, runtime }, { variables })).value).toEqual(trained);
  });

  test("that cannot be found is told, with what to do", async () => {
    const code = await ship();
    const variables = { PATH: await programs({ node: oldNode }) };
    const runtime = { kind: "system", oldest: "22.18", otherwise: [] } as const;
    expect(await run({ ...code, runtime }, { variables })).toMatchObject({
      status: 127,
      stderr: expect.stringMatching(/cannot find Node 22\.18 or newer on .*: .*node: "bundled"/),
    });
    expect(await run(await ship({ node: "/no/such/node" }))).toMatchObject({
      status: 127,
      stderr: expect.stringContaining("/no/such/node, which the task's node option names, is not one"),
    });
  });

  test("is brought, packed once, and unpacked once on the cluster; one for another machine is told", async () => {
    const code = await ship({ node: "bundled", home });
    expect(brought).toHaveLength(2);
    await ship({ node: "bundled", home });
    expect(brought).toHaveLength(2);
    const PATH = await programs({ node: oldNode });
    expect((await run(code, { variables: { PATH } })).value).toEqual(trained);
    const [runtime = ""] = await readdir(join(jobs.base, "runtimes"));
    expect(await readdir(join(jobs.base, "runtimes", runtime))).toEqual(["node"]);
    if (code.runtime.kind !== "bundled") throw new Error("it is not bundled");
    const other = { ...code.runtime, brought: { ...code.runtime.brought, machine: "riscv64" } };
    expect(await run({ ...code, runtime: other })).toMatchObject({
      status: 127,
      stderr: expect.stringMatching(/the one that was brought is for riscv64, and this is/),
    });
  });

  test("is brought without being asked for where the cluster's files are not to be seen from here", async () => {
    const far: FileKeeper = { ...cluster, keptFile: async (_, sha256) => `/far/away/files/${sha256}` };
    expect(await ship({ backend: far, home })).toMatchObject({
      runtime: {
        kind: "system",
        brought: { path: expect.stringContaining("/far/away/files/"), version: process.versions.node },
      },
    });
  });
});

test("code that a node does not see is told", async () => {
  const code = await ship();
  expect(await run({ ...code, entry: "/far/away/code" })).toMatchObject({
    status: 66,
    stderr: expect.stringMatching(/the task's code \(bundle\) is not to be seen on .*: \/far\/away\/code/),
  });
});

test("sources run as they are, from a file system that all share, with this copy of the package", async () => {
  const code = await ship({ packaging: "source" });
  expect(brought).toEqual([expect.closeTo(1_000, -3)]);
  expect((await run(code)).value).toEqual(trained);
  await rm(join(project, "src/train.ts"));
  expect(await run(code)).toMatchObject({ status: 1 });
});

describe("an npm project", () => {
  beforeEach(async () => {
    await write({
      "package.json": JSON.stringify({
        name: "project",
        version: "1.0.0",
        type: "module",
        dependencies: { part: "file:./part" },
      }),
      "part/package.json": '{"name":"part","version":"1.0.0","type":"module","exports":"./index.js"}',
      "part/index.js": "export const part = import.meta.url;",
      "data.txt": "of the project",
      "src/train.ts": `import { readFileSync } from "node:fs";
        import { part } from "part";
        import { task } from "sluice";
        export const train = task(async function train(x: number) { return [x, part, readFileSync(new URL("../data.txt", import.meta.url), "utf8")]; });`,
    });
    await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--offline"], { cwd: project });
  });

  test("is installed once on the cluster, by whichever job comes first, and runs there", async () => {
    const code = await ship({ packaging: "npm" });
    expect(await ship({ packaging: "npm" })).toEqual(code);
    expect(brought).toHaveLength(3);
    await rm(project, { recursive: true });
    // One that was killed as it installed: its lock went with it, and what it left is in nobody's way.
    const projects = join(jobs.base, "projects");
    await mkdir(projects);
    const lock = join(projects, `${code.project?.sha256}.lock`);
    const holder = spawn("flock", [lock, "sleep", "1000"], { detached: true });
    await expect.poll(() => existsSync(lock)).toBe(true);
    const ran = [run(code), run(code)];
    process.kill(-(holder.pid ?? 0), "SIGKILL");
    const installed = join(projects, code.project?.sha256 ?? "");
    for (const one of ran) {
      expect(await one).toMatchObject({
        status: 0,
        value: [41, expect.stringContaining("/part/index.js"), "of the project"],
      });
    }
    expect((await readdir(projects)).sort()).toEqual([code.project?.sha256, `${code.project?.sha256}.lock`]);
    expect(await readFile(join(installed, "data.txt"), "utf8")).toBe("of the project");
  });

  test("without a lockfile, and one whose installation fails, are told", async () => {
    const code = await ship({ packaging: "npm" });
    const PATH = await programs({ npm: "#!/bin/sh\necho 'npm has no network'\nexit 1\n" });
    expect(await run(code, { variables: { PATH } })).toMatchObject({
      status: 69,
      stderr: expect.stringMatching(/npm has no network[^]*cannot be installed on .* by npm ci/),
    });
    await rm(join(project, "package-lock.json"));
    await expect(ship({ packaging: "npm" })).rejects.toMatchObject({
      code: "BUNDLE_FAILED",
      message: expect.stringContaining("has no package-lock.json; run npm install there"),
    });
  });
});

describe("a container", () => {
  /** Notes how it is called, and runs on this host what it would run in the container. */
  const engine = (words: string): string => `#!/bin/bash
if [ "$1" = info ]; then echo crun; exit; fi
if [ "$1" = image ]; then exit 1; fi
if [ "$1" = --help ]; then echo "${words}"; exit; fi
printf '%s\\n' "$0" "$@" > "$(dirname "$0")/called"
while [ "$1" != -c ]; do shift; done
exec sh "$@"
`;
  const called = async (): Promise<readonly string[]> =>
    (await readFile(join(folder, "bin/called"), "utf8")).split("\n");
  const withNode = async (scripts: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> => ({
    PATH: `${dirname(process.execPath)}:${await programs(scripts)}`,
    SLURM_CPUS_PER_TASK: "3",
    MINE: "two words",
  });

  test("is run by Pyxis where srun has it, with its name as enroot takes it", async () => {
    const code = await ship({ packaging: "container:registry:5000/team/image:1" });
    const variables = await withNode({ srun: engine("--container-image=[USER@][REGISTRY#]IMAGE") });
    expect(await run(code, { variables })).toMatchObject({ status: 0, value: trained });
    expect(await called()).toEqual(
      expect.arrayContaining([
        "--ntasks=1",
        "--container-image=registry:5000#team/image:1",
        `--container-mounts=${jobs.base}:${jobs.base},${tmpdir()}:${tmpdir()}`,
        `--container-workdir=${tmpdir()}`,
      ]),
    );
  });

  test("is run by apptainer, else by podman, as is found; with more mounts, and in each task with srun", async () => {
    const code = await ship({
      packaging: { kind: "container", image: "debian:12", mounts: ["/data sets:/data:ro"] },
    });
    const srun = '#!/bin/sh\nif [ "$1" = --help ]; then exit; fi\nexport RAN_BY_SRUN=1\nexec "$@"\n';
    const variables = await withNode({ srun, podman: engine("") });
    expect(await run(code, { variables, srun: true })).toMatchObject({ status: 0, value: trained });
    const words = await called();
    expect(words).toEqual(
      expect.arrayContaining([
        "run",
        "--rm",
        `${jobs.base}:${jobs.base}`,
        "/data sets:/data:ro",
        "MINE",
        "docker.io/library/debian:12",
      ]),
    );
    expect(words).not.toContain("PATH");
    await writeFile(join(folder, "bin/apptainer"), engine(""));
    await chmod(join(folder, "bin/apptainer"), 0o755);
    expect(await run(code, { variables })).toMatchObject({ status: 0, value: trained });
    expect(await called()).toEqual(
      expect.arrayContaining([
        "exec",
        "--bind",
        `${jobs.base}:${jobs.base},${tmpdir()}:${tmpdir()},/data sets:/data:ro`,
        "docker://debian:12",
      ]),
    );
  });

  test("without a Node that is new enough, and a node without an engine, are told", async () => {
    const code = await ship({ packaging: "container:debian:12" });
    const variables = { PATH: await programs({ podman: engine(""), node: oldNode, srun: oldNode }) };
    expect(await run(code, { variables })).toMatchObject({
      status: 127,
      stderr: expect.stringContaining("cannot find Node 22.18 or newer in the container"),
    });
    const bare = join(folder, "bare");
    await mkdir(bare);
    for (const name of ["bash", "uname", "ln", "grep", "mkdir", "rm", "env"]) {
      await promisify(execFile)("ln", ["-s", `/bin/${name}`, join(bare, name)]);
    }
    expect(await run(code, { variables: { PATH: bare } })).toMatchObject({
      status: 127,
      stderr: expect.stringContaining("can run no container: it has neither Pyxis nor apptainer nor podman"),
    });
  });
});
