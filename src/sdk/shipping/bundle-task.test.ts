import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openBundledProject, trainModule, type BundledProject } from "../../../test/bundled-project.ts";
import { bundleTask, type TaskBundle } from "./bundle-task.ts";
import { BundleFolder } from "./bundle-folder.ts";
import { checkTask } from "./check-bundle.ts";

let project: BundledProject;
beforeEach(async () => {
  project = await openBundledProject();
});
afterEach(() => project[Symbol.asyncDispose]());

/** What the code of the project says when one of its functions is called as a job would. */
async function callInBundle({ sha256 }: TaskBundle, expression: string): Promise<string> {
  const path = new BundleFolder(project.options.home).contentPath(sha256);
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

describe("the code of a task", () => {
  test("holds what its module imports, and the task is found in it by its id", async () => {
    await project.write({
      "src/train.ts": `import { task } from "sluice";\nimport { double } from "./double.ts";\nexport const train = task(async function train(x: number) { return double(x); });`,
      "src/double.ts": "export const double = (x: number): number => 2 * x;",
    });
    const made = await project.bundle();
    await project.check(made);
    expect(await callInBundle(made, 'tasks["src/train.ts#train"](21)')).toBe("42");
  });

  test("has the tasks of a test file, whose tests do not run", async () => {
    await project.write({
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
    const made = await project.bundle();
    await project.check(made);
    expect(await callInBundle(made, 'tasks["src/train.ts#train"]()')).toBe("trained");
  });

  test("has what Jest defines globally in a test file, and nowhere else", async () => {
    const text = `${trainModule}jest.mock("./x.ts");\ndescribe("train", () => { throw new Error("called"); });`;
    await project.write({ "src/train.ts": text });
    await expect(project.check(await project.bundle())).rejects.toMatchObject({
      message: expect.stringContaining("jest is not defined"),
    });
    const module = join(project.folder, "project/src/train.test.ts");
    await project.write({ "src/train.test.ts": text });
    const task = { id: "src/train.test.ts#train", place: { module, path: "src/train.test.ts" } };
    const made = await bundleTask({ kind: "task", module }, project.options);
    const checked = checkTask(task, made, { home: project.options.home });
    await expect(checked).resolves.toBeUndefined();
  });

  test("may have CommonJS that needs Node's own modules and its own place, top-level await, and a require of its own", async () => {
    await project.write({
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
    const made = await project.bundle();
    await project.check(made);
    const place = join(project.folder, "project");
    expect(await callInBundle(made, 'tasks["src/train.ts#train"]()')).toBe(
      `${place}/node_modules/old/index.js ${place}/src 1 import.meta.url`,
    );
  });

  test("takes this package's own modules that are imported by their path for the package", async () => {
    const own = JSON.stringify(new URL("../index.ts", import.meta.url).pathname);
    const testing = JSON.stringify(new URL("../../testing/index.ts", import.meta.url).pathname);
    await project.write({
      "src/train.ts": `import { task } from ${own};\nimport { mockCluster } from ${testing};\nmockCluster();\nexport const train = task(async function train() {});`,
    });
    await expect(project.check(await project.bundle())).resolves.toBeUndefined();
  });

  test("is not the main module, so what stands under import.meta.main does not run in the job", async () => {
    await project.write({ "src/train.ts": `${trainModule}if (import.meta.main) throw new Error("it is");` });
    await expect(project.check(await project.bundle())).resolves.toBeUndefined();
  });

  test("tells errors with the places of the source", async () => {
    await project.write({
      "src/train.ts": `${trainModule}\nenum Never { A }\nconst after: number = 1;\nthrow new Error("no data set" + Never.A + after);\n`,
    });
    await expect(project.check(await project.bundle())).rejects.toMatchObject({
      code: "TASK_LOAD_FAILED",
      message: expect.stringMatching(
        /throws while it is loaded in a job: Error: no data set01 \(at .*src\/train\.ts:6:7\)/,
      ),
    });
  });

  test("tells the stack of what a function throws with the places of the source, cause and all", async () => {
    await project.write({
      "src/fail.ts": `// A line before.\nexport function fail(why: string): never {\n  throw new RangeError(why, { cause: new Error("deep") });\n}`,
      "src/train.ts": `import { fail } from "./fail.ts";\n${trainModule}export const failing = task(async function failing() { fail("no"); });`,
    });
    const stacks = await callInBundle(
      await project.bundle(),
      'tasks["src/train.ts#failing"]().catch((error) => [error.stack, error.cause.stack].join("\\n"))',
    );
    expect(stacks).toMatch(
      /^RangeError: no\n    at fail \(.*\/project\/src\/fail\.ts:3:9\)\n    at .*failing.* \(.*\/src\/train\.ts:4:56\)/,
    );
    expect(stacks).toMatch(/Error: deep\n    at fail \(.*\/src\/fail\.ts:3:38\)/);
  });

  test("does without a native addon, and says so", async () => {
    await project.write({
      "node_modules/fast/package.json": '{"name":"fast","main":"index.js"}',
      "node_modules/fast/index.js":
        'try { module.exports = require("./fast.node"); } catch (error) { exports.why = error.message; }',
      "node_modules/fast/fast.node": "",
      "src/train.ts":
        'import { task } from "sluice";\nimport fast from "fast";\nexport const train = task(async function train() { return fast.why; });',
    });
    const made = await project.bundle();
    expect(made.notes).toEqual([expect.stringContaining("the native addon ./fast.node of")]);
    await project.check(made);
    expect(await callInBundle(made, 'tasks["src/train.ts#train"]()')).toContain('give the task packaging "npm"');
  });

  test("leaves out a package that is named, which is found where the project stands", async () => {
    await project.write({
      "node_modules/large/package.json": '{"name":"large","type":"module","exports":"./index.js"}',
      "node_modules/large/index.js": 'export const large = "large";',
      "src/train.ts": `${trainModule}import { large } from "large";\nexport const size = task(async function size() { return large; });`,
    });
    const made = await project.bundle({ external: ["large"] });
    await project.check(made, { name: "size" });
    const code = await readFile(new BundleFolder(project.options.home).contentPath(made.sha256), "utf8");
    expect(code).toContain('from "large"');
  });

  test("that cannot be put together is told with esbuild's words, file, line and column", async () => {
    await project.write({ "src/train.ts": `${trainModule}import { lost } from "./lost.ts";\nlost();` });
    await expect(project.bundle()).rejects.toMatchObject({
      code: "BUNDLE_FAILED",
      message: expect.stringContaining('src/train.ts:3:22: Could not resolve "./lost.ts"'),
      details: { module: project.module, file: "src/train.ts", line: 3, column: 22 },
    });
  });
});
