import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BundleFolder } from "./bundle-folder.ts";

let home: string;
let folder: BundleFolder;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sluice-folder-"));
  folder = new BundleFolder(home);
});

afterEach(() => rm(home, { recursive: true, force: true }));

test("gives what was written, and nothing of what was damaged, cut off or is not there", async () => {
  const sha256 = await folder.writeContent("some code");
  await folder.writeNote("note", { tasks: ["a"] });
  expect(String(folder.readContent(sha256))).toBe("some code");
  expect(folder.readNote("note")).toEqual({ tasks: ["a"] });
  await writeFile(folder.contentPath(sha256), "some cod");
  await writeFile(folder.notePath("note"), '0000\n{"tasks":["b"]}');
  expect(folder.readContent(sha256)).toBeUndefined();
  expect(folder.readNote("note")).toBeUndefined();
  expect(folder.readNote("none")).toBeUndefined();
  await writeFile(folder.notePath("empty"), "");
  expect(folder.readNote("empty")).toBeUndefined();
});

test("removes what was not used for long, and the oldest of too much, some at a time", async () => {
  const bundles = join(home, "bundles");
  await mkdir(bundles);
  const ages = Array.from({ length: 800 }, (_, index) => index);
  for (const age of ages) {
    const path = join(bundles, `${String(age).padStart(3, "0")}.mjs`);
    await writeFile(path, "");
    const used = new Date(Date.now() - age * 60_000);
    await utimes(path, used, used);
  }
  const left: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    await folder.prune();
    left.push((await readdir(bundles)).length);
  }
  expect(left).toEqual([600, 400, 300, 300]);
  const long = new Date(Date.now() - 31 * 24 * 60 * 60_000);
  await utimes(join(bundles, "000.mjs"), long, long);
  await folder.prune();
  expect((await readdir(bundles)).sort()).toEqual(
    ages.slice(1, 300).map((age) => `${String(age).padStart(3, "0")}.mjs`),
  );
});

test("that cannot be written is told, with what to do", async () => {
  await writeFile(join(home, "bundles"), "");
  await expect(folder.writeContent("code")).rejects.toMatchObject({
    code: "FILE_UNWRITABLE",
    message: expect.stringContaining("set SLUICE_HOME to another folder"),
  });
});
