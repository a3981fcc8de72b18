import { cp, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oldestNode } from "../scripts/bundle.ts";
import { root } from "../scripts/step.ts";
import { asHere, npm, packPackage } from "./packed-package.ts";
import { commandSeconds, recipesOf, runRecipe } from "./ci-recipes.ts";
import { freePort, run, type Ended } from "./sluice.ts";

/**
 * A folder outside the repository that was empty, where `npm install` has put the packed program and Vitest, beside the oldest
 * Node that may run them.
 */
let folder: string;
let project: string;
let tarball: string;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sl-package-"));
  project = join(folder, "a project");
  env = {
    PATH: [join(project, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
    HOME: folder,
    SLUICE_HOME: join(folder, "home"),
    LANG: "C.UTF-8",
    NO_COLOR: "1",
  };
  await mkdir(project);
  tarball = await packPackage(folder);
  const node = `node-${process.platform}-${process.arch}@${oldestNode()}`;
  await npm(project, "install", "--save-dev", tarball, await asHere("vitest"), node);
}, 300_000);

afterAll(async () => {
  await here("sluice", "cluster", "destroy", "--all");
  await rm(folder, { recursive: true, force: true });
});

function here(program: string, ...args: readonly string[]): Promise<Ended> {
  return run([program, ...args], { cwd: project, env });
}

test("publint and attw find nothing wrong with the packed package", async () => {
  const bin = (name: string): string => join(root, "node_modules", ".bin", name);
  const look = (...argv: readonly string[]) => run([process.execPath, ...argv], { cwd: folder, env });
  expect(await look(bin("publint"), "run", tarball, "--strict")).toMatchObject({ exitCode: 0 });
  expect(await look(bin("attw"), tarball, "--profile", "esm-only")).toMatchObject({ exitCode: 0 });
});

test("a new user's path: from an empty folder by `sluice init` to tests that pass on a real Slurm", async () => {
  const began = performance.now();
  const made = await here("npx", "sluice", "init");
  expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/npx vitest run\n$/) });
  const tested = await here("npx", "vitest", "run");
  const seconds = (performance.now() - began) / 1000;
  expect(tested).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/Tests.* 2 passed/) });
  // Thirty seconds are the promise, on a machine that has nothing else to do.
  process.stderr.write(`From \`sluice init\` to green tests: ${seconds.toFixed(1)} s\n`);
  expect(await here("sluice", "cluster", "list", "--json")).toMatchObject({ stdout: "[]\n" });
});

test("the example of a whole project passes its tests", async () => {
  const sweep = join(project, "sweep");
  await cp(join(project, "node_modules", "sluice", "examples", "sweep"), sweep, { recursive: true });
  const tested = await run(["vitest", "run"], { cwd: sweep, env });
  expect(tested).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/Tests.* 5 passed/) });
});

test.each(await recipesOf("docs/ci.md"))(
  "docs/ci.md: %s works as it is written",
  async (_, recipe) => {
    expect(await runRecipe(recipe, { folder, modules: join(project, "node_modules") })).toBeUndefined();
  },
  3 * commandSeconds * 1000,
);

test("what `sluice init` writes for node:test passes too", async () => {
  const own = join(project, "with node:test");
  await mkdir(own);
  await writeFile(join(own, "package.json"), JSON.stringify({ scripts: { test: "node --test" } }));
  const inside = (...argv: readonly string[]): Promise<Ended> => run(argv, { cwd: own, env });
  expect(await inside("sluice", "init", "--ci=none")).toMatchObject({ exitCode: 0 });
  expect(await inside("node", "--test")).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/pass 1\n/) });
});

test("the packed program runs on the oldest Node that package.json allows", async () => {
  expect((await here("node", "--version")).stdout).toMatch(new RegExp(`^v${oldestNode().replace(".", "\\.")}\\.`));
  expect(await here("slurm", "--version")).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
  const plain = await here("sluice", "run", "--cluster=process", "--", "sh", "-c", "echo out; exit 3");
  expect(plain).toMatchObject({ exitCode: 3, stdout: "out\n" });
  expect(await here("sluice", "doctor")).toMatchObject({ exitCode: 0, stderr: "" });
});

test("the packed program finds the models that it brings", async () => {
  const generate = ["topology", "generate", "--provider=crusoe-sim", "--engine=slurm", "--model=crusoe-two-pods.yaml"];
  expect(await here("sluice", ...generate)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("SwitchName=pod-abc123 Nodes=node-[1-4]\n"),
  });
});

test("the packed program makes a cluster, runs its own examples on it and lets a program of the project in", async () => {
  const create = ["cluster", "create", "--name=packed", "--preset=gpu", `--port=${await freePort()}`, "--start"];
  expect(await here("sluice", ...create)).toMatchObject({ exitCode: 0 });
  const ran = await here("sluice", "run", "--cluster=packed", join("node_modules", "sluice", "examples", "gpu.sh"));
  expect(ran).toMatchObject({ exitCode: 0, stdout: "node slurm gave 2 GPUs, indices 0,1\n" });

  await writeFile(join(project, "use.mjs"), throughGateway);
  expect(await here("node", "use.mjs")).toMatchObject({ exitCode: 0, stdout: "on slurm\n", stderr: "" });
  expect(await here("sluice", "cluster", "destroy", "--name=packed")).toMatchObject({ exitCode: 0 });
});

test("an ephemeral cluster of the packed program goes with its owner", async () => {
  const port = String(await freePort());
  const made = await here("sh", "-c", `sluice cluster create --name=brief --port=${port} --start --ephemeral; echo $?`);
  expect(made.stdout).toMatch(/^0$/m);
  const config = join(project, ".slurm-cluster", "brief");
  await expect
    .poll(
      () =>
        stat(config).then(
          () => "there",
          () => "gone",
        ),
      { timeout: 60_000 },
    )
    .toBe("gone");
});

test("the types hold in a program that has none but the packed ones", async () => {
  await writeFile(join(project, "use.mts"), typedUse);
  const options = ["--strict", "--noEmit", "--module", "nodenext", "--lib", "esnext,dom", "--types", ""];
  const tsc = join(root, "node_modules", ".bin", "tsc");
  expect(await run([process.execPath, tsc, ...options, "use.mts"], { cwd: project, env })).toMatchObject({
    stdout: "",
    exitCode: 0,
  });
});

/** A gateway of the packed program, and a job through it by the packed client. */
const throughGateway = `
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createClient, SluiceError } from "sluice/client";

const serve = spawn("sluice", ["serve", "--json", "--listen", ":0"], { stdio: ["ignore", "pipe", "ignore"] });
const [told] = await Promise.race([once(serve.stdout, "data"), once(serve, "exit")]);
const { urls, tokenFile } = JSON.parse(told);
const client = createClient({ url: urls[0], token: (await readFile(tokenFile, "utf8")).trim() });
const page = await (await fetch(new URL("/docs", urls[0]))).text();
if (!page.includes("<html")) throw new Error(page);
const script = '#!/bin/sh\\necho "on $SLURMD_NODENAME"\\n';
const { id } = await client.submit({ script });
for await (const { bytes } of client.output(id, { follow: true })) process.stdout.write(bytes);
const refused = await client.job("01ARZ3NDEKTSV4RRFFQ69G5FAV").catch((error) => error);
if (!(refused instanceof SluiceError)) throw refused;
serve.kill();
await once(serve, "exit");
`;

const typedUse = `
import { Cluster, task, workflow, SluiceError as SdkError, type Job as TaskJob } from "sluice";
import { createClient, SluiceError, type Job } from "sluice/client";
import { mockCluster } from "sluice/testing";
import { useSlurmCluster } from "sluice/node-test";
import { useSlurmCluster as useInJest } from "sluice/jest";
import { test } from "sluice/vitest";

const half = task({ cpus: 2, memory: "1G" }, (n: number) => ({ half: n / 2 }));
const halves = workflow({ time: "5m" }, async (_context, numbers: number[]) => (await half.map(numbers)).results());
const mock = mockCluster();
const halved: TaskJob<{ half: number }> = await mock.submit(half, { gpus: 1 })(4);
const all: { half: number }[] = [...(await (await mock.submit(halves)([1, 2])).wait())];
// @ts-expect-error: there is no such option
task({ cpu: 2 }, () => 1);
// @ts-expect-error: the task takes a number
await mock.submit(half)("4");
export const used = [Cluster, useSlurmCluster, useInJest, test, halved, all, SdkError === SluiceError];

const client = createClient({ url: "http://127.0.0.1:7373" });
const job: Job = await client.submit({ script: "#!/bin/sh\\n", nodes: 2 });
// @ts-expect-error: a cluster is named by a text
await client.submit({ script: "#!/bin/sh\\n", cluster: 2 });
const state: string = job.state;
export const failed: string = new SluiceError("INPUT_INVALID", state).code;
`;
