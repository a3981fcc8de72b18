import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openShippedProject, type ShippedProject } from "../../../test/shipped-project.ts";

let shipped: ShippedProject;
beforeEach(async () => {
  shipped = await openShippedProject();
});
afterEach(() => shipped[Symbol.asyncDispose]());

describe("an npm project", () => {
  beforeEach(async () => {
    await shipped.write({
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
    await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--offline"], { cwd: shipped.project });
  });

  test("is installed once on the cluster, by whichever job comes first, and runs there", async () => {
    const code = await shipped.ship({ packaging: "npm" });
    expect(await shipped.ship({ packaging: "npm" })).toEqual(code);
    expect(shipped.brought).toHaveLength(3);
    await rm(shipped.project, { recursive: true });
    // One that was killed as it installed: its lock went with it, and what it left is in nobody's way.
    const projects = join(shipped.jobs.base, "projects");
    await mkdir(projects);
    const lock = join(projects, `${code.project?.sha256}.lock`);
    const holder = spawn("flock", [lock, "sleep", "1000"], { detached: true });
    await expect.poll(() => existsSync(lock)).toBe(true);
    const ran = [shipped.run(code), shipped.run(code)];
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
    const code = await shipped.ship({ packaging: "npm" });
    const PATH = await shipped.programs({ npm: "#!/bin/sh\necho 'npm has no network'\nexit 1\n" });
    expect(await shipped.run(code, { variables: { PATH } })).toMatchObject({
      status: 69,
      stderr: expect.stringMatching(/npm has no network[^]*cannot be installed on .* by npm ci/),
    });
    await rm(join(shipped.project, "package-lock.json"));
    await expect(shipped.ship({ packaging: "npm" })).rejects.toMatchObject({
      code: "BUNDLE_FAILED",
      message: expect.stringContaining("has no package-lock.json; run npm install there"),
    });
  });
});
