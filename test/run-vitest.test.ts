import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "../scripts/step.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-vitest-"));
  await writeFile(join(folder, "vitest.config.mjs"), "export default { test: { globals: true } };");
  await writeFile(join(folder, "good.test.mjs"), 'test("good", () => {});');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What `npm test` prints last, and its exit code, where these are the tests. */
async function runAll(files: Readonly<Record<string, string>>): Promise<readonly [code: unknown, stdout: string]> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const script = `
    import { runVitest } from ${JSON.stringify(join(root, "scripts/run-vitest.ts"))};
    process.exitCode = await runVitest(["--root", ${JSON.stringify(folder)}], { again: true });`;
  const env = { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}` };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--input-type=module", "-e", script], { env }, (error, stdout) =>
      resolve([error?.code ?? 0, stdout]),
    );
  });
}

const once = `import { existsSync, writeFileSync } from "node:fs";
const been = existsSync(import.meta.dirname + "/been");
writeFileSync(import.meta.dirname + "/been", "");
test("passes the second time", () => expect(been).toBe(true));
test("passes both times", () => {});`;
const never = 'test("never passes", () => expect(1).toBe(2));';

test("what passes only alone is named, and is no failure", async () => {
  const [code, text] = await runAll({ "once.test.mjs": once });
  expect(code).toBe(0);
  expect(text).toMatch(
    /\n3 passed, 0 failed; 1 of them passed only alone:\n {2}once\.test\.mjs > passes the second time\n$/,
  );
});

test("what fails again has failed, and so has a file that cannot be loaded", async () => {
  const [code, text] = await runAll({ "never.test.mjs": never, "broken.test.mjs": 'throw new Error("broken");' });
  expect(code).toBe(1);
  expect(text).toMatch(/\n1 passed, 2 failed, and again when run alone\n$/);
});

test("where much fails, nothing is run again", async () => {
  const many = Object.fromEntries([1, 2, 3, 4].map((n) => [`never${n}.test.mjs`, never]));
  expect(await runAll(many)).toEqual([1, expect.stringMatching(/\n1 passed, 4 failed\n$/)]);
});

test("an error that belongs to no test is a failure, whatever passes", async () => {
  const stray = `${once}\nsetTimeout(() => Promise.reject(new Error("stray")), 0);\ntest("waits", () => new Promise((resolve) => setTimeout(resolve, 50)));`;
  const [code, text] = await runAll({ "stray.test.mjs": stray });
  expect(code).toBe(1);
  expect(text).toMatch(/\n3 passed, 1 failed\n$/);
});
