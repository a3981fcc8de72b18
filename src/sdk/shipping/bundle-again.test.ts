import { execFile } from "node:child_process";
import { utimes, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openBundledProject, trainModule, type BundledProject } from "../../../test/bundled-project.ts";
import { BundleFolder } from "./bundle-folder.ts";

let project: BundledProject;
beforeEach(async () => {
  project = await openBundledProject();
});
afterEach(() => project[Symbol.asyncDispose]());

describe("what was put together before", () => {
  test("is taken again, in less than 5 ms, by this process and by another", async () => {
    await project.write({ "src/train.ts": trainModule });
    const { sha256 } = await project.bundleUntilCached();
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      const began = performance.now();
      expect(await project.bundle()).toMatchObject({ sha256, cached: true });
      times.push(performance.now() - began);
    }
    // The least of them: the rest is what else this machine does.
    expect(Math.min(...times)).toBeLessThan(5);
    const again = `
      import { bundleTask } from ${JSON.stringify(new URL("./bundle-task.ts", import.meta.url).href)};
      console.log(JSON.stringify(await bundleTask(${JSON.stringify({ kind: "task", module: project.module })}, ${JSON.stringify(project.options)})));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", again]);
    expect(JSON.parse(stdout)).toMatchObject({ sha256, cached: true });
  });

  test.each<[string, (project: string) => Promise<void>]>([
    ["the module", () => project.write({ "src/train.ts": `${trainModule}export const changed = 1;` })],
    ["what it imports", () => project.write({ "src/part.ts": "export const part = 2;" })],
    [
      "a package.json",
      () =>
        project.write({ "package.json": '{"name":"project","type":"module","imports":{"#part":"./src/other.ts"}}' }),
    ],
    [
      "what tsconfig.json is based on",
      () => project.write({ "base.json": '{"compilerOptions":{"experimentalDecorators":true}}' }),
    ],
    [
      "a file that comes before another",
      () => project.write({ "src/part.ts": "export const part = 3;", "src/part.tsx": "" }),
    ],
  ])("is made again after a change of %s", async (_, change) => {
    await project.write({
      "src/train.ts": `${trainModule}export { part } from "#part";`,
      "src/part.ts": "export const part = 1;",
      "src/other.ts": "export const part = 'other';",
      "tsconfig.json": '{ /* as our base */ "extends": "./base.json" }',
      "base.json": '{"compilerOptions":{}}',
      "package.json": '{"name":"project","type":"module","imports":{"#part":"./src/part.ts"}}',
    });
    await project.bundleUntilCached();
    await change(project.folder);
    expect((await project.bundle()).cached).toBe(false);
  });

  test("a change that keeps size and time is seen too", async () => {
    await project.write({ "src/train.ts": trainModule });
    const before = await project.bundleUntilCached();
    const time = new Date(2020, 1, 1);
    await project.write({ "src/train.ts": trainModule.replace("x + 1", "x + 2") });
    await utimes(project.module, time, time);
    expect((await project.bundle()).sha256).not.toBe(before.sha256);
  });

  test("is not believed once damaged", async () => {
    await project.write({ "src/train.ts": trainModule });
    const { sha256 } = await project.bundleUntilCached();
    const disk = new BundleFolder(project.options.home);
    const good = disk.readContent(sha256);
    await writeFile(disk.contentPath(sha256), "console.log('damaged')");
    expect(await project.bundle()).toMatchObject({ sha256, cached: false });
    expect(disk.readContent(sha256)).toEqual(good);
  });

  test("is made by several processes at once without harm", async () => {
    await project.write({ "src/train.ts": trainModule });
    const script = `
      import { bundleTask } from ${JSON.stringify(new URL("./bundle-task.ts", import.meta.url).href)};
      console.log((await bundleTask(${JSON.stringify({ kind: "task", module: project.module })}, ${JSON.stringify(project.options)})).sha256);`;
    const made = await Promise.all(
      [1, 2, 3].map(() => promisify(execFile)(process.execPath, ["--input-type=module", "-e", script])),
    );
    const [sha256 = "", ...others] = made.map(({ stdout }) => stdout.trim());
    expect(others).toEqual([sha256, sha256]);
    expect(new BundleFolder(project.options.home).readContent(sha256)).toBeDefined();
  });

  test("is made once where many ask for it, and one that aborts does not keep the others from it", async () => {
    await project.write({ "src/train.ts": trainModule });
    const stop = new AbortController();
    const asked = [project.bundle({ signal: stop.signal }), project.bundle(), project.bundle()];
    stop.abort(new Error("enough"));
    const [first, second, third] = await Promise.allSettled(asked);
    expect(first).toMatchObject({ status: "rejected" });
    expect(second).toMatchObject({ status: "fulfilled" });
    expect(third).toEqual(second);
  });
});
