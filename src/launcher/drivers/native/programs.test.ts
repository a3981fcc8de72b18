import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findPrograms, releaseOf, slurmVersion } from "./programs.ts";

describe("finding programs", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "programs-"));
    for (const name of ["first", "second"]) mkdirSync(join(folder, name));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (path: string, mode: number): string => {
    writeFileSync(join(folder, path), "");
    chmodSync(join(folder, path), mode);
    return join(folder, path);
  };
  const programs = () => findPrograms(`${join(folder, "first")}:${join(folder, "second")}`);

  test("the first of PATH counts, and only what can be run", () => {
    mkdirSync(join(folder, "first", "slurmd"));
    put("first/slurmctld", 0o644);
    const [slurmd, slurmctld] = [put("second/slurmd", 0o755), put("second/slurmctld", 0o755)];
    expect([programs().find("slurmd"), programs().find("slurmctld")]).toEqual([slurmd, slurmctld]);
    const earlier = join(folder, "first", "munged");
    put("second/munged", 0o755);
    put("first/munged", 0o755);
    expect(programs().need("munged", "it")).toBe(earlier);
  });

  test("relative folders of PATH are left out, so that no cluster depends on where it was started", () => {
    expect(findPrograms("bin:.::/opt/bin").searchPath.split(":")).not.toContain("bin");
    expect(findPrograms("bin:.::/opt/bin").searchPath.split(":")[0]).toBe("/opt/bin");
  });

  test("the system's folders for daemons are searched too, each once", () => {
    const folders = findPrograms("/usr/sbin:/home/ada/bin").searchPath.split(":");
    expect(folders.slice(0, 3)).toEqual(["/usr/sbin", "/home/ada/bin", "/usr/local/sbin"]);
    expect(new Set(folders).size).toBe(folders.length);
  });
});

describe("Slurm's version", () => {
  const parse = (stdout: string, exitCode = 0) =>
    slurmVersion("/usr/sbin/slurmctld").parse({ stdout, stderr: "", exitCode });

  test.each([
    ["slurm-wlm 22.05.8\n", "22.05.8"],
    ["slurm 24.11.3\n", "24.11.3"],
    ["slurm 25.05.0-0rc1\n", "25.05.0-0rc1"],
  ])("of %j", (text, version) => expect(parse(text)).toBe(version));

  test.each([
    ["", 0],
    ["slurm\n", 0],
    ["slurm 22.05.8\n", 127],
  ])("is not read from %j with exit code %d", (text, exitCode) => {
    expect(() => parse(text, exitCode)).toThrow(expect.objectContaining({ code: "REPLY_UNREADABLE" }));
  });

  test.each([
    ["22.05.8", "22.05"],
    ["23.02.7", "23.02"],
    ["24.05.0-1", "24.05"],
    ["24.08.1", "24.05"],
    ["26.05.0", "26.05"],
    ["31.11.4", "26.05"],
  ])("%s is written for as %s", (version, release) => expect(releaseOf(version)).toBe(release));

  test("older than 22.05 is refused", () => {
    expect(() => releaseOf("21.08.8-2")).toThrow(
      expect.objectContaining({
        code: "DRIVER_UNAVAILABLE",
        message: "Slurm 21.08.8-2 is installed; test clusters need 22.05 or newer",
      }),
    );
  });
});
