import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { bundle } from "../scripts/bundle.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = join(root, "src", "cli", "main.ts");

/** Prints, when the process ends, the packages that it has loaded anything of, and its own modules below `src/`. */
const toldPackages = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  const packages = new Set();
  const own = new Set();
  registerHooks({
    load(url, context, next) {
      const [, name] = /[/]node_modules[/]((?:@[^/]+[/])?[^/]+)/.exec(url) ?? [];
      if (name !== undefined) packages.add(name);
      else if (url.includes("/src/")) own.add(url.split("/src/").at(-1));
      return next(url, context);
    },
  });
  process.on("exit", () => {
    process.stderr.write("loaded: " + [...packages].sort().join(" ") + "\\n");
    process.stderr.write("own: " + [...own].sort().join(" ") + "\\n");
  });
`)}`;

describe("what a command loads", { timeout: 60_000 }, () => {
  test("the help needs the reader of command lines alone", async () => {
    expect(await packagesOf("--help")).toEqual(["commander"]);
    expect(await packagesOf("run", "--help")).toEqual(["commander"]);
  });

  test("a run loads no listener, no reader of foreign tokens, and no other database than it uses", async () => {
    const loaded = await packagesOf("run", "--quiet", "--cluster=process", "--", "true");
    expect(loaded).toContain("kysely");
    expect(loaded.filter((name) => ["@hono/node-server", "jose", "pg"].includes(name))).toEqual([]);
  });
});

test("compiled code is kept in the user's home, and none in the folder for temporary files", async () => {
  const home = await mkdtemp(join(tmpdir(), "home-"));
  onTestFinished(() => rm(home, { recursive: true }));
  await mkdir(join(home, "tmp"));
  const variables = { PATH: process.env["PATH"], HOME: home, TMPDIR: join(home, "tmp") };
  const child = spawn(process.execPath, [sources, "--version"], { env: variables, stdio: "ignore" });
  expect(await once(child, "close")).toEqual([0, null]);
  expect(await readdir(join(home, ".cache", "sluice", "compiled"))).not.toEqual([]);
  expect(await readdir(join(home, "tmp"))).toEqual([]);
});

test("a user without a home can run commands too", async () => {
  const variables = { PATH: process.env["PATH"], HOME: "/dev/null/none" };
  const child = spawn(process.execPath, [sources, "--version"], { env: variables, stdio: "ignore" });
  expect(await once(child, "close")).toEqual([0, null]);
});

describe("what an import loads", { timeout: 60_000 }, () => {
  test("`sluice` itself loads the reader of TOML alone, and neither the engine nor the gateway", async () => {
    const { packages, own } = await loadedBy(join(root, "src", "sdk", "index.ts"));
    expect(packages).toEqual(["smol-toml"]);
    expect(
      own.filter((path) => /^(assemble|gateway|jobs\/engine|store|clusters|remote|launcher\/drivers|cli)/.test(path)),
    ).toEqual([]);
  });

  test("in a job, a task loads less still", async () => {
    const { packages, own } = await loadedBy(join(root, "src", "sdk", "in-job", "entry.ts"));
    expect(packages).toEqual([]);
    expect(own).not.toContain("sdk/cluster.ts");
  });
});

describe("the bundle", { timeout: 120_000 }, () => {
  test("runs a job where no package is installed, and holds the licence of each that is in it", async () => {
    const folder = await temporary();
    const dist = join(folder, "dist");
    const packages = await bundle(dist);
    await cp(join(root, "package.json"), join(folder, "package.json"));

    const main = join(dist, "cli", "main.js");
    expect(await sluice([main, "--version"])).toMatchObject({ stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    const ran = await sluice([main, "run", "--quiet", "--cluster=process", "--", "echo", "from the bundle"]);
    expect(ran).toMatchObject({ code: 0, stdout: "from the bundle\n" });

    const licences = await readFile(join(dist, "LICENSES.txt"), "utf8");
    expect(packages).toEqual(expect.arrayContaining(["commander", "hono", "kysely", "zod"]));
    expect(packages.filter((name) => /^(@aws-sdk|@google-cloud|@kubernetes|google-|oci-)/.test(name))).toEqual([]);
    for (const name of packages) expect(licences).toMatch(new RegExp(`^${name}\n=+\n\n.*(licen[cs]e|copyright)`, "im"));
  });
});

async function packagesOf(...args: readonly string[]): Promise<readonly string[]> {
  const { code, stderr } = await sluice(["--import", toldPackages, sources, ...args]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const [, names] = /^loaded: (.*)$/m.exec(stderr) ?? [];
  return names?.split(" ") ?? [];
}

async function loadedBy(module: string): Promise<{ packages: readonly string[]; own: readonly string[] }> {
  const { code, stderr } = await sluice(["--import", toldPackages, module]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const namesAfter = (word: string): readonly string[] =>
    new RegExp(`^${word}: (.+)$`, "m").exec(stderr)?.[1]?.split(" ") ?? [];
  return { packages: namesAfter("loaded"), own: namesAfter("own") };
}

/** Runs Node in a home of its own, so that no cluster is known but this machine itself. */
async function sluice(args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const cwd = await temporary();
  const { SLURM_TEST_CLUSTER: _, SLUICE_URL: __, SLUICE_STORE: ___, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...env, SLUICE_HOME: join(cwd, "home") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-start-up-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
