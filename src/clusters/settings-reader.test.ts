import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSettingsReader } from "./settings-reader.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "settings-"));
  path = join(folder, "sluice.yaml");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = async (name: string): Promise<void> => {
  await writeFile(`${path}.new`, `clusters:\n  ${name}: {kind: process}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
};

test("settings are read once, and again when the file has changed", async () => {
  const read = createSettingsReader(() => path);
  await write("one");
  const first = read();
  expect(first?.file.clusters).toHaveProperty("one");
  expect(read()).toBe(first);
  await write("two");
  expect(read()?.file.clusters).toHaveProperty("two");
  await writeFile(path, "clusters: [");
  expect(read).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(createSettingsReader(() => undefined)()).toBeUndefined();
});

test.each([
  [0o600, false],
  [0o644, false],
  [0o664, true],
  [0o646, true],
])("a file of mode %o is open to others: %s", async (mode, expected) => {
  await write("one");
  await chmod(path, mode);
  expect(createSettingsReader(() => path)()?.isOpenToOthers).toBe(expected);
});
