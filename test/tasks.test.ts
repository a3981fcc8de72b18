import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What `npm run TASK` runs once the packages are there. */
async function task(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(root, "scripts", "task.ts"), ...args], {
    cwd: root,
    env: { ...process.env, SLUICE_TEST_SLURM: "0", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

const lastLine = (printed: string): string | undefined => printed.trimEnd().split("\n").at(-1);

describe("npm test", { timeout: 60_000 }, () => {
  test("the totals stand in the last line, and the pure part says that it is alone", async () => {
    const { code, stdout, stderr } = await task("test", "bench/interleave.test.ts");
    expect(lastLine(stdout)).toMatch(/^[1-9]\d* passed, 0 failed$/);
    expect(stderr).toMatch(/SLUICE_TEST_SLURM=0: only the pure tests/);
    expect(code).toBe(0);
  });

  test("a failing test and a file that cannot be loaded are counted, and fail the run", async () => {
    const folder = await mkdtemp(join(root, "bench", "failing-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { code, stdout } = await withFailures(folder);
    expect(lastLine(stdout)).toBe("1 passed, 2 failed");
    expect(code).toBe(1);
  });
});

test("an unknown task is refused with the known ones", async () => {
  const { code, stderr } = await task("fly");
  expect(code).toBe(2);
  expect(stderr).toMatch(/unknown task "fly"; known: setup, test, check, quickstart, build, bench/);
});

async function withFailures(folder: string): Promise<{ code: number | null; stdout: string }> {
  const cases =
    'import { expect, test } from "vitest";\ntest("a", () => expect(1).toBe(1));\ntest("b", () => expect(1).toBe(2));\n';
  await writeFile(join(folder, "cases.test.ts"), cases);
  await writeFile(join(folder, "broken.test.ts"), 'throw new Error("cannot be loaded");\n');
  return task("test", folder);
}
