import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { build } from "../scripts/build.ts";
import { oldestNode } from "../scripts/bundle.ts";
import { root } from "../scripts/step.ts";
import { freePort, run, type Ended } from "./sluice.ts";

const Manifest = z.object({ files: z.array(z.string()) });

/** A folder outside the repository, where `npm install` has put the packed program beside the oldest Node that may run it. */
let folder: string;
let project: string;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sl-package-"));
  project = join(folder, "a project");
  env = {
    PATH: [join(project, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
    HOME: folder,
    SLUICE_HOME: join(folder, "home"),
    LANG: "C.UTF-8",
  };
  await mkdir(project);
  await writeFile(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await npm(project, "install", await pack(), `node-${process.platform}-${process.arch}@${oldestNode()}`);
}, 300_000);

afterAll(async () => {
  await here("sluice", "cluster", "destroy", "--all");
  await rm(folder, { recursive: true, force: true });
});

/** What `npm pack` makes, of a copy: others may be reading the repository's `dist/`. Gives the file. */
async function pack(): Promise<string> {
  const copy = join(folder, "package");
  await mkdir(copy);
  const { files } = Manifest.parse(JSON.parse(await readFile(join(root, "package.json"), "utf8")));
  for (const file of ["package.json", "README.md", "LICENSE", ...files.filter((name) => name !== "dist")]) {
    await cp(join(root, file), join(copy, file), { recursive: true });
  }
  expect(await build(join(copy, "dist"))).toBe(0);
  await npm(copy, "pack", "--ignore-scripts");
  const [packed = "no package"] = (await readdir(copy)).filter((name) => name.endsWith(".tgz"));
  return join(copy, packed);
}

/** npm with the settings of whoever runs the tests, which say where packages come from. */
async function npm(cwd: string, ...args: readonly string[]): Promise<void> {
  const quiet = ["--silent", "--no-audit", "--no-fund", "--prefer-offline"];
  const own = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const ended = await run(["npm", ...args, ...quiet], { cwd, env: Object.fromEntries(own) });
  expect(ended).toMatchObject({ exitCode: 0 });
}

function here(program: string, ...args: readonly string[]): Promise<Ended> {
  return run([program, ...args], { cwd: project, env });
}

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

test("the packed program makes a cluster, runs its own examples on it and lets a program of the project in", async () => {
  const create = ["cluster", "create", "--name=packed", "--preset=gpu", `--port=${await freePort()}`, "--start"];
  expect(await here("sluice", ...create)).toMatchObject({ exitCode: 0 });
  const ran = await here("sluice", "run", "--cluster=packed", join("node_modules", "sluice", "examples", "gpu.sh"));
  expect(ran).toMatchObject({ exitCode: 0, stdout: "node slurm gave 2 GPUs, indices 0,1\n" });

  await writeFile(join(project, "use.js"), throughGateway);
  expect(await here("node", "use.js")).toMatchObject({ exitCode: 0, stdout: "on slurm\n", stderr: "" });
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

test("the client's types hold in a program that has none but the packed ones", async () => {
  await writeFile(join(project, "use.ts"), typedUse);
  const options = ["--strict", "--noEmit", "--module", "nodenext", "--lib", "esnext,dom", "--types", ""];
  const tsc = join(root, "node_modules", ".bin", "tsc");
  expect(await run([process.execPath, tsc, ...options, "use.ts"], { cwd: project, env })).toMatchObject({
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
import { createClient, SluiceError, type Job } from "sluice/client";
const client = createClient({ url: "http://127.0.0.1:7373" });
const job: Job = await client.submit({ script: "#!/bin/sh\\n", nodes: 2 });
// @ts-expect-error: a cluster is named by a text
await client.submit({ script: "#!/bin/sh\\n", cluster: 2 });
const state: string = job.state;
export const failed: string = new SluiceError("INPUT_INVALID", state).code;
`;
