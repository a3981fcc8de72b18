import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nameInSource } from "./name-in-source.ts";

let folder: string;
let module: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "names-"));
  module = join(folder, "m.ts");
  writeFileSync(
    module,
    "const add = task(function add() {});\nconst step1 = task(function step1() {});\ntask(function sha256() {});\n" +
      "task(function $x() {});\nconst added2 = 1;\n",
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

test.for<[string, string]>([
  ["add", "add"],
  ["add2", "add"],
  ["add23", "add"],
  ["step1", "step1"],
  ["step12", "step1"],
  ["sha256", "sha256"],
  ["$x2", "$x"],
  ["other2", "other2"],
  ["2", "2"],
])("%s is %s in the source", ([name, expected]) => {
  expect(nameInSource(name, module)).toBe(expected);
});

test("without a source the name is what it is", () => {
  expect(nameInSource("add2", join(folder, "missing.ts"))).toBe("add2");
});
