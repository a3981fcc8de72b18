import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolders, removeIfEmpty, writeFiles } from "./folders.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "folders-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("makeFolders", () => {
  test("makes what is missing, and takes what is there", async () => {
    await makeFolders(join(folder, "a/b/c"));
    await makeFolders(join(folder, "a/b/c"));
    await makeFolders(join(folder, "a/b/d"));
    expect([existsSync(join(folder, "a/b/c")), existsSync(join(folder, "a/b/d"))]).toEqual([true, true]);
  });

  test("two at once make the same folders", async () => {
    await Promise.all(Array.from({ length: 8 }, () => makeFolders(join(folder, "a/b/c/d"))));
    expect(statSync(join(folder, "a/b/c/d")).isDirectory()).toBe(true);
  });

  test("goes through a link to a folder", async () => {
    mkdirSync(join(folder, "real"));
    symlinkSync("real", join(folder, "link"));
    await makeFolders(join(folder, "link"));
    await makeFolders(join(folder, "link/a"));
    expect(existsSync(join(folder, "real/a"))).toBe(true);
  });

  test("fails at once below a file, on a file, and where a link leads nowhere", async () => {
    writeFileSync(join(folder, "file"), "");
    symlinkSync("nowhere", join(folder, "link"));
    await expect(makeFolders(join(folder, "file/a"))).rejects.toMatchObject({ code: "ENOTDIR" });
    await expect(makeFolders(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeFolders(join(folder, "link"))).rejects.toMatchObject({ code: expect.any(String) });
    await expect(makeFolders(join(folder, "link/a"))).rejects.toMatchObject({ code: expect.any(String) });
  });

  test.each(["/proc/x", "/proc/x/y/z", "/proc/self/x"])("fails at once at %s", async (path) => {
    await expect(makeFolders(path)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("writeFiles", () => {
  test("writes each with its mode, in folders made as needed", async () => {
    await writeFiles(folder, [
      { path: "config/slurm.conf", text: "a\n" },
      { path: "keys/secret", text: "b\n", mode: 0o600 },
    ]);
    expect(readFileSync(join(folder, "config/slurm.conf"), "utf8")).toBe("a\n");
    expect(statSync(join(folder, "keys/secret")).mode & 0o777).toBe(0o600);
  });

  test("never writes over a file", async () => {
    writeFileSync(join(folder, ".env"), "mine");
    await expect(writeFiles(folder, [{ path: ".env", text: "ours" }])).rejects.toMatchObject({
      code: "FILE_UNWRITABLE",
      message: expect.stringMatching(/^cannot write .*EEXIST.*; choose another --output-dir$/),
    });
    expect(readFileSync(join(folder, ".env"), "utf8")).toBe("mine");
  });
});

describe("removeIfEmpty", () => {
  test("removes an empty folder and nothing else", () => {
    mkdirSync(join(folder, "empty"));
    mkdirSync(join(folder, "full"));
    writeFileSync(join(folder, "full/file"), "");
    for (const name of ["empty", "full", "full/file", "missing"]) removeIfEmpty(join(folder, name));
    expect([existsSync(join(folder, "empty")), existsSync(join(folder, "full/file"))]).toEqual([false, true]);
    chmodSync(folder, 0o700);
  });
});
