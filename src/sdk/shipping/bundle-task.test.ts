import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundleTask, type BundleOptions, type TaskBundle } from "./bundle-task.ts";
import { BundleFolder } from "./bundle-folder.ts";
import { checkTask } from "./check-bundle.ts";

let folder: string;
let module: string;
let options: BundleOptions;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-bundle-"));
  module = join(folder, "project/src/train.ts");
  options = { home: join(folder, "home"), target: "22.18" };
  await write({ "package.json": '{"name":"project","type":"module"}' });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Files of the project. */
async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, "project", name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

const bundle = (changed: Partial<BundleOptions> = {}): Promise<TaskBundle> =>
  bundleTask({ kind: "task", module }, { ...options, ...changed });

const check = async (made: TaskBundle, name = "train", deadlineMs?: number): Promise<void> =>
  checkTask({ id: `src/train.ts#${name}`, place: { module, path: "src/train.ts" } }, made, {
    home: options.home,
    deadlineMs,
  });

/** Once no file is younger than the clock of the file system can tell, what was made is kept. */
async function bundleUntilCached(): Promise<TaskBundle> {
  await expect.poll(async () => (await bundle()).cached, { timeout: 30_000, interval: 10 }).toBe(true);
  return bundle();
}

/** What the code of the project says when one of its functions is called as a job would. */
async function callInBundle({ sha256 }: TaskBundle, expression: string): Promise<string> {
  const path = new BundleFolder(options.home).contentPath(sha256);
  const script = `
    process.argv = [process.argv[0], ${JSON.stringify(path)}, "--list-tasks"];
    process.exit = () => {};
    await import(${JSON.stringify(path)});
    const tasks = Object.fromEntries([...globalThis[Symbol.for("sluice.tasks")].tasks].map(([id, task]) => [id, task.fn]));
    process.stdout.write(String(await (${expression})));
    process.kill(process.pid, "SIGKILL");`;
  const run = promisify(execFile)("/bin/sh", [
    "-c",
    '"$0" --input-type=module -e "$1" 3>/dev/null',
    process.execPath,
    script,
  ]);
  const { stdout } = await run.catch((killed: Error & { stdout: string }) => killed);
  return stdout;
}

const train =
  'import { task } from "sluice";\nexport const train = task(async function train(x: number) { return x + 1; });\n';

describe("the code of a task", () => {
  test("holds what its module imports, and the task is found in it by its id", async () => {
    await write({
      "src/train.ts": `import { task } from "sluice";\nimport { double } from "./double.ts";\nexport const train = task(async function train(x: number) { return double(x); });`,
      "src/double.ts": "export const double = (x: number): number => 2 * x;",
    });
    const made = await bundle();
    await check(made);
    expect(await callInBundle(made, 'tasks["src/train.ts#train"](21)')).toBe("42");
  });

  test("has the tasks of a test file, whose tests do not run", async () => {
    await write({
      "src/train.ts": `import { task } from "sluice";
        import { describe, expect as must, test, vi } from "vitest";
        import jest from "@jest/globals";
        import nodeTest, { mock } from "node:test";
        import { slurmCluster } from "sluice/vitest";
        import * as framework from "sluice/testing";
        const extended = test.extend({ cluster: async ({}, use) => use(1) });
        describe("train", () => { throw new Error("a callback of describe was called"); });
        describe.each([1, 2])("each %i", () => { throw new Error("called"); });
        extended.skipIf(true)("works", async () => must(1).toBe(2));
        nodeTest("default", () => { throw new Error("called"); });
        jest.test("x", () => { throw new Error("called"); });
        vi.mock("./other.ts"); mock.reset(); slurmCluster(); must.extend({}); await framework.start();
        for (const nothing of framework.list()) throw new Error(String(nothing));
        class Own extends framework.Base {}
        new Own(\`\${framework.name}\`);
        export const train = task(async function train() { return "trained"; });`,
    });
    const made = await bundle();
    await check(made);
    expect(await callInBundle(made, 'tasks["src/train.ts#train"]()')).toBe("trained");
  });

  test("has what Jest defines globally in a test file, and nowhere else", async () => {
    const text = `${train}jest.mock("./x.ts");\ndescribe("train", () => { throw new Error("called"); });`;
    await write({ "src/train.ts": text });
    await expect(check(await bundle())).rejects.toMatchObject({
      message: expect.stringContaining("jest is not defined"),
    });
    module = join(folder, "project/src/train.test.ts");
    await write({ "src/train.test.ts": text });
    const place = { module, path: "src/train.test.ts" };
    const checked = checkTask({ id: "src/train.test.ts#train", place }, await bundle(), { home: options.home });
    await expect(checked).resolves.toBeUndefined();
  });

  test("may have CommonJS that needs Node's own modules and its own place, top-level await, and a require of its own", async () => {
    await write({
      "node_modules/old/package.json": '{"name":"old","main":"index.js"}',
      "node_modules/old/index.js":
        '"use strict";\nconst { sep } = require("path");\nexports.place = __dirname + sep + require("node:path").basename(__filename);',
      "src/train.ts": `import { createRequire } from "node:module";
        import { task } from "sluice";
        import old from "old";
        const require = createRequire(import.meta.url);
        const late = await Promise.resolve(require("node:os").EOL.length);
        export const train = task(async function train() { return [old.place, import.meta.dirname, late, "import.meta.url"].join(" "); });`,
    });
    const made = await bundle();
    await check(made);
    const project = join(folder, "project");
    expect(await callInBundle(made, 'tasks["src/train.ts#train"]()')).toBe(
      `${project}/node_modules/old/index.js ${project}/src 1 import.meta.url`,
    );
  });

  test("takes this package's own modules that are imported by their path for the package", async () => {
    const own = JSON.stringify(new URL("../index.ts", import.meta.url).pathname);
    const testing = JSON.stringify(new URL("../../testing/index.ts", import.meta.url).pathname);
    await write({
      "src/train.ts": `import { task } from ${own};\nimport { mockCluster } from ${testing};\nmockCluster();\nexport const train = task(async function train() {});`,
    });
    await expect(check(await bundle())).resolves.toBeUndefined();
  });

  test("is not the main module, so what stands under import.meta.main does not run in the job", async () => {
    await write({ "src/train.ts": `${train}if (import.meta.main) throw new Error("it is");` });
    await expect(check(await bundle())).resolves.toBeUndefined();
  });

  test("tells errors with the places of the source", async () => {
    await write({
      "src/train.ts": `${train}\nenum Never { A }\nconst after: number = 1;\nthrow new Error("no data set" + Never.A + after);\n`,
    });
    await expect(check(await bundle())).rejects.toMatchObject({
      code: "TASK_LOAD_FAILED",
      message: expect.stringMatching(
        /throws while it is loaded in a job: Error: no data set01 \(at .*src\/train\.ts:6:7\)/,
      ),
    });
  });

  test("tells the stack of what a function throws with the places of the source, cause and all", async () => {
    await write({
      "src/fail.ts": `// A line before.\nexport function fail(why: string): never {\n  throw new RangeError(why, { cause: new Error("deep") });\n}`,
      "src/train.ts": `import { fail } from "./fail.ts";\n${train}export const failing = task(async function failing() { fail("no"); });`,
    });
    const stacks = await callInBundle(
      await bundle(),
      'tasks["src/train.ts#failing"]().catch((error) => [error.stack, error.cause.stack].join("\\n"))',
    );
    expect(stacks).toMatch(
      /^RangeError: no\n    at fail \(.*\/project\/src\/fail\.ts:3:9\)\n    at .*failing.* \(.*\/src\/train\.ts:4:56\)/,
    );
    expect(stacks).toMatch(/Error: deep\n    at fail \(.*\/src\/fail\.ts:3:38\)/);
  });

  test("does without a native addon, and says so", async () => {
    await write({
      "node_modules/fast/package.json": '{"name":"fast","main":"index.js"}',
      "node_modules/fast/index.js":
        'try { module.exports = require("./fast.node"); } catch (error) { exports.why = error.message; }',
      "node_modules/fast/fast.node": "",
      "src/train.ts":
        'import { task } from "sluice";\nimport fast from "fast";\nexport const train = task(async function train() { return fast.why; });',
    });
    const made = await bundle();
    expect(made.notes).toEqual([expect.stringContaining("the native addon ./fast.node of")]);
    await check(made);
    expect(await callInBundle(made, 'tasks["src/train.ts#train"]()')).toContain('give the task packaging "npm"');
  });

  test("leaves out a package that is named, which is found where the project stands", async () => {
    await write({
      "node_modules/large/package.json": '{"name":"large","type":"module","exports":"./index.js"}',
      "node_modules/large/index.js": 'export const large = "large";',
      "src/train.ts": `${train}import { large } from "large";\nexport const size = task(async function size() { return large; });`,
    });
    const made = await bundle({ external: ["large"] });
    await check(made, "size");
    const code = await readFile(new BundleFolder(options.home).contentPath(made.sha256), "utf8");
    expect(code).toContain('from "large"');
  });

  test("that cannot be put together is told with esbuild's words, file, line and column", async () => {
    await write({ "src/train.ts": `${train}import { lost } from "./lost.ts";\nlost();` });
    await expect(bundle()).rejects.toMatchObject({
      code: "BUNDLE_FAILED",
      message: expect.stringContaining('src/train.ts:3:22: Could not resolve "./lost.ts"'),
      details: { module, file: "src/train.ts", line: 3, column: 22 },
    });
  });
});

describe("the check", () => {
  test("says that a task is defined in a function or a condition", async () => {
    await write({
      "src/train.ts":
        'import { task } from "sluice";\nexport const make = () => task(async function train() {});\nexport const other = task(async function other() {});',
    });
    await expect(check(await bundle())).rejects.toMatchObject({
      code: "TASK_NOT_REGISTERED",
      message: expect.stringMatching(
        /"src\/train\.ts#train" is not there .*it has src\/train\.ts#other.*inside a function or a condition/,
      ),
    });
  });

  test("is not hindered by a module that prints, and that keeps its process alive", async () => {
    await write({ "src/train.ts": `${train}console.log("hello");\nsetInterval(() => {}, 1000);` });
    await expect(check(await bundle())).resolves.toBeUndefined();
  });

  test.each([
    ["waits for it", "await cluster.submit(train)(1);"],
    ["does not wait for it", "void cluster.submit(train)(1);"],
    ["throws it away", "void (async () => cluster.map(train, [1, 2]))();"],
  ])("refuses a module that submits while it is loaded, and %s", async (_, statement) => {
    await write({
      "src/train.ts": `import { Cluster, task } from "sluice";\nexport const train = task(async function train(x: number) { return x; });\nconst cluster = Cluster.fromEnv();\n${statement}`,
    });
    await expect(check(await bundle())).rejects.toMatchObject({ code: "IN_JOB_SUBMIT" });
  });

  test("says that a module ends the process", async () => {
    await write({ "src/train.ts": `${train}console.error("bye");\nprocess.exit(3);` });
    await expect(check(await bundle())).rejects.toMatchObject({
      code: "TASK_LOAD_FAILED",
      message: expect.stringMatching(/ended the process while it was loaded \(exit status 3\); its words: bye/),
    });
  });

  test("ends a module that does not end loading, and what it started", async () => {
    await write({
      "src/train.ts": `import { spawn } from "node:child_process";\n${train}console.error("pid", spawn("sleep", ["1000"]).pid);\nfor (;;);`,
    });
    const refused: unknown = await check(await bundle(), "train", 5_000).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: "TASK_LOAD_FAILED",
      message: expect.stringContaining("has not ended loading after 5 s"),
    });
    const pid = Number(/pid (\d+)/.exec(String(refused))?.[1]);
    const state = async (): Promise<string> =>
      (await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") gone")).split(") ")[1]?.split(" ")[0] ?? "";
    // One that nobody has asked after is a zombie.
    await expect.poll(state, { timeout: 30_000 }).toMatch(/^(gone|Z)$/);
  });

  test("stops when it is told to", async () => {
    await write({ "src/train.ts": `${train}for (;;);` });
    const made = await bundle();
    const stop = new AbortController();
    const checked = checkTask({ id: "src/train.ts#train", place: { module, path: "src/train.ts" } }, made, {
      home: options.home,
      signal: stop.signal,
    });
    stop.abort(new Error("enough"));
    await expect(checked).rejects.toThrow("enough");
  });
});

describe("what was put together before", () => {
  test("is taken again, in less than 5 ms, by this process and by another", async () => {
    await write({ "src/train.ts": train });
    const { sha256 } = await bundleUntilCached();
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      const began = performance.now();
      expect(await bundle()).toMatchObject({ sha256, cached: true });
      times.push(performance.now() - began);
    }
    // The least of them: the rest is what else this machine does.
    expect(Math.min(...times)).toBeLessThan(5);
    const again = `
      import { bundleTask } from ${JSON.stringify(new URL("./bundle-task.ts", import.meta.url).href)};
      console.log(JSON.stringify(await bundleTask(${JSON.stringify({ kind: "task", module })}, ${JSON.stringify(options)})));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", again]);
    expect(JSON.parse(stdout)).toMatchObject({ sha256, cached: true });
  });

  test.each<[string, (project: string) => Promise<void>]>([
    ["the module", () => write({ "src/train.ts": `${train}export const changed = 1;` })],
    ["what it imports", () => write({ "src/part.ts": "export const part = 2;" })],
    [
      "a package.json",
      () => write({ "package.json": '{"name":"project","type":"module","imports":{"#part":"./src/other.ts"}}' }),
    ],
    [
      "what tsconfig.json is based on",
      () => write({ "base.json": '{"compilerOptions":{"experimentalDecorators":true}}' }),
    ],
    ["a file that comes before another", () => write({ "src/part.ts": "export const part = 3;", "src/part.tsx": "" })],
  ])("is made again after a change of %s", async (_, change) => {
    await write({
      "src/train.ts": `${train}export { part } from "#part";`,
      "src/part.ts": "export const part = 1;",
      "src/other.ts": "export const part = 'other';",
      "tsconfig.json": '{ /* as our base */ "extends": "./base.json" }',
      "base.json": '{"compilerOptions":{}}',
      "package.json": '{"name":"project","type":"module","imports":{"#part":"./src/part.ts"}}',
    });
    await bundleUntilCached();
    await change(folder);
    expect((await bundle()).cached).toBe(false);
  });

  test("a change that keeps size and time is seen too", async () => {
    await write({ "src/train.ts": train });
    const before = await bundleUntilCached();
    const time = new Date(2020, 1, 1);
    await write({ "src/train.ts": train.replace("x + 1", "x + 2") });
    await utimes(module, time, time);
    expect((await bundle()).sha256).not.toBe(before.sha256);
  });

  test("is not believed once damaged", async () => {
    await write({ "src/train.ts": train });
    const { sha256 } = await bundleUntilCached();
    const disk = new BundleFolder(options.home);
    const good = disk.readContent(sha256);
    await writeFile(disk.contentPath(sha256), "console.log('damaged')");
    expect(await bundle()).toMatchObject({ sha256, cached: false });
    expect(disk.readContent(sha256)).toEqual(good);
  });

  test("is made by several processes at once without harm", async () => {
    await write({ "src/train.ts": train });
    const script = `
      import { bundleTask } from ${JSON.stringify(new URL("./bundle-task.ts", import.meta.url).href)};
      console.log((await bundleTask(${JSON.stringify({ kind: "task", module })}, ${JSON.stringify(options)})).sha256);`;
    const made = await Promise.all(
      [1, 2, 3].map(() => promisify(execFile)(process.execPath, ["--input-type=module", "-e", script])),
    );
    const [sha256 = "", ...others] = made.map(({ stdout }) => stdout.trim());
    expect(others).toEqual([sha256, sha256]);
    expect(new BundleFolder(options.home).readContent(sha256)).toBeDefined();
  });

  test("is made once where many ask for it, and one that aborts does not keep the others from it", async () => {
    await write({ "src/train.ts": train });
    const stop = new AbortController();
    const asked = [bundle({ signal: stop.signal }), bundle(), bundle()];
    stop.abort(new Error("enough"));
    const [first, second, third] = await Promise.allSettled(asked);
    expect(first).toMatchObject({ status: "rejected" });
    expect(second).toMatchObject({ status: "fulfilled" });
    expect(third).toEqual(second);
  });
});
