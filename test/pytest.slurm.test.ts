import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../scripts/step.ts";
import { virtualEnvironment } from "../scripts/virtual-environment.ts";
import { run } from "./sluice.ts";

const requirements = join(root, "python", "requirements-test.txt");

/** A copy of the plugin's sources, and the plugin as pip installs it. */
let folder: string;
let pytest: string;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sl-py-"));
  const programs = await virtualEnvironment("pytest", requirements);
  pytest = join(programs, "pytest");
  const [copy, site, temporary] = ["python", "site", "tmp"].map((name) => join(folder, name));
  if (copy === undefined || site === undefined || temporary === undefined) throw new Error("no folders");
  await mkdir(temporary);
  await cp(join(root, "python"), copy, { recursive: true });
  const offline = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-index", "--no-deps"];
  const install = ["install", ...offline, "--no-build-isolation", "--target", site, copy];
  const { exitCode, stderr } = await run([join(programs, "pip"), ...install], {
    cwd: folder,
    env: { ...inherited(), HOME: folder },
  });
  if (exitCode !== 0) throw new Error(`pip cannot install the plugin: ${stderr}`);
  env = {
    ...inherited(),
    HOME: folder,
    TMPDIR: temporary,
    PYTHONPATH: site,
    PYTHONDONTWRITEBYTECODE: "1",
    SLUICE_HOME: join(folder, "home"),
    SLUICE_COMMAND: `'${process.execPath}' '${join(root, "src", "cli", "main.ts")}'`,
  };
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The variables of whoever runs the tests, without those that say how these are run. */
function inherited(): Record<string, string> {
  const settings = new Set(["SLURM_RUN_INTEGRATION", "SLURM_TEST_CLUSTER", "SLUICE_STORE", "PYTEST_ADDOPTS"]);
  const own = Object.entries(process.env).filter(([name, value]) => value !== undefined && !settings.has(name));
  return Object.fromEntries(own.map(([name, value]) => [name, value ?? ""]));
}

test("the pytest plugin's own tests and the README's pass against real clusters, and leave nothing behind", async () => {
  const readme = await readFile(join(root, "python", "README.md"), "utf8");
  const [, example = ""] = /^```python\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  await writeFile(join(folder, "python", "tests", "test_readme.py"), example);
  await writeFile(join(folder, "python", "data.csv"), "a\nb\nc\n");
  const ended = await run([pytest, "-q", "-p", "no:cacheprovider", "--run-integration"], {
    cwd: join(folder, "python"),
    env,
  });
  expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^24 passed in /m) });
  expect(await leftBehind()).toEqual([]);
}, 300_000);

test("a cluster that SLURM_TEST_CLUSTER names is used, and outlives the session", async () => {
  const sluice = (...args: readonly string[]) =>
    run([process.execPath, join(root, "src", "cli", "main.ts"), ...args], { cwd: folder, env });
  const create = ["cluster", "create", "--name=mine", "--start", "--quiet", `--output-dir=${join(folder, "mine")}`];
  expect(await sluice(...create)).toMatchObject({ exitCode: 0 });
  await writeFile(join(folder, "test_mine.py"), "def test_it(slurm_cluster): assert slurm_cluster.name == 'mine'\n");
  const ended = await run([pytest, "-q", "-p", "no:cacheprovider", "test_mine.py"], {
    cwd: folder,
    env: { ...env, SLURM_TEST_CLUSTER: "mine" },
  });
  expect(ended).toMatchObject({ exitCode: 0 });
  expect(await leftBehind()).toEqual(["mine.json"]);
  expect(await sluice("cluster", "destroy", "--name=mine")).toMatchObject({ exitCode: 0, stdout: "Destroyed mine.\n" });
});

test("a pytest that is killed leaves no cluster behind", async () => {
  const waiting = "import time\ndef test_it(slurm_cluster):\n    print('RUNS', flush=True)\n    time.sleep(1000)\n";
  await writeFile(join(folder, "test_wait.py"), waiting);
  const child = spawn(pytest, ["-s", "-p", "no:cacheprovider", "test_wait.py"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  for await (const line of child.stdout.setEncoding("utf8")) if (/RUNS/.test(String(line))) break;
  expect(await leftBehind()).toEqual([expect.stringMatching(/^pytest-\d+-/), expect.stringMatching(/^pytest-sluice-/)]);
  child.kill("SIGKILL");
  await exited;
  await expect.poll(leftBehind, { timeout: 60_000 }).toEqual([]);
});

/** Clusters that are registered, and folders of theirs. */
async function leftBehind(): Promise<readonly string[]> {
  const read = async (path: string): Promise<readonly string[]> => readdir(path).catch(() => []);
  const records = (await read(join(folder, "home", "clusters"))).filter((name) => name.endsWith(".json"));
  const folders = (await read(join(folder, "tmp"))).filter((name) => name.startsWith("pytest-sluice-"));
  return [...records, ...folders];
}
