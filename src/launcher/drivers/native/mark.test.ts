import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { clusterMark, isMarkOf, marked, readMark } from "./mark.ts";

const own = new URL("./mark.ts", import.meta.url).href;

test("a mark names its cluster, whichever the node, and no other cluster", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.option(fc.string(), { nil: undefined }), (directory, other, node) => {
      const mark = clusterMark(directory, node);
      expect(isMarkOf(mark, directory)).toBe(true);
      expect(isMarkOf(mark, other)).toBe(directory === other);
    }),
  );
});

test("a mark is never what an unmarked process has", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (directory, node) => {
      const mark = clusterMark(directory, node);
      expect(mark).toBeGreaterThan(1n << 60n);
      expect(mark).toBeLessThan(1n << 63n);
    }),
  );
  expect(isMarkOf(undefined, "/somewhere")).toBe(false);
});

test("a process keeps the mark through a new session, a double fork and an emptied environment", () => {
  const mark = clusterMark("/a cluster", "cpu-0");
  const read = `import(${JSON.stringify(own)}).then((m) => console.log(String(m.readMark(process.pid))))`;
  const inner = ["env", "-i", "setsid", "--wait", "sh", "-c", '("$0" -e "$1")', process.execPath, read];
  const [program, ...args] = marked("prlimit", mark, inner);
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  expect({ stdout: stdout.trim(), stderr }).toEqual({ stdout: String(mark), stderr: "" });
});

test("a process that no cluster started has no mark", () => {
  expect(readMark(process.pid)).toBeUndefined();
});
