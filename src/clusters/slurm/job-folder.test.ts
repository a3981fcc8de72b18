import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLocalRunner } from "../../remote/local-runner.ts";
import { readNativeId } from "./job-folder.ts";

const runner = createLocalRunner({ env: {} });
const never = new AbortController().signal;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "job-folder-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("the native id is told by sbatch's answer, the job's start or its receipt, whichever was written whole", async () => {
  expect(await readNativeId(runner, folder, never)).toBeUndefined();
  // As a full disk leaves it.
  await writeFile(join(folder, "id"), "");
  expect(await readNativeId(runner, folder, never)).toBeUndefined();
  await writeFile(join(folder, "exit.3"), "job 41\nrestarts 0\nended 1\nexit 0:0\n");
  expect(await readNativeId(runner, folder, never)).toBe("41");
  await writeFile(join(folder, "start.3"), "job");
  expect(await readNativeId(runner, folder, never)).toBe("41");
  await writeFile(join(folder, "id"), "42\n");
  expect(await readNativeId(runner, folder, never)).toBe("42");
});
