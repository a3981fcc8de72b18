import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Starts `npm run quickstart` with a home and a folder for temporary files of its own, so that what it leaves is seen. */
async function quickstart(): Promise<{
  readonly leftBehind: () => Promise<readonly string[]>;
  readonly interruptAt: (line: RegExp) => void;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}> {
  const folder = await mkdtemp(join(tmpdir(), "q-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const home = join(folder, "home");
  const child = spawn(process.execPath, [join(root, "scripts", "task.ts"), "quickstart"], {
    env: { ...process.env, SLUICE_HOME: home, TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  return {
    leftBehind: async () => {
      const files = await readdir(folder, { recursive: true, withFileTypes: true });
      return files.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
    },
    interruptAt: (line) => {
      let seen = "";
      child.stderr.on("data", (chunk: Buffer) => {
        if (line.test(seen)) return;
        seen += chunk.toString("utf8");
        if (line.test(seen)) child.kill("SIGINT");
      });
    },
    ended: Promise.all([closed, output]).then(([code, [stdout, stderr]]) => ({ code, stdout, stderr })),
  };
}

test("quickstart runs the four examples on a cluster of its own and leaves nothing behind", async () => {
  const run = await quickstart();
  const { code, stdout, stderr } = await run.ended;
  expect([code, stderr]).toEqual([0, expect.stringMatching(/sluice cluster destroy --name quickstart-\d+/)]);
  const rows = stdout.split("\n").filter((line) => line.startsWith("examples/"));
  expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
    ["examples/hello.sh", "a CPU job", expect.stringMatching(/^cpu-/), expect.any(String), "done"],
    ["examples/gpu.sh", "two simulated GPUs", "gpu-0", expect.any(String), "done"],
    ["examples/array.sh", "an array of six tasks", expect.stringMatching(/^cpu-/), expect.any(String), "done"],
    ["examples/mpi-like.sh", "two nodes by srun", "cpu-[0-1]", expect.any(String), "done"],
  ]);
  expect(stderr).toContain("gave 2 GPUs, indices 0,1");
  expect(stdout).toMatch(/Next, try:\n(?: {2}npx sluice .*\n){3}$/);
  expect(await run.leftBehind()).toEqual([]);
});

test.each([/slurmctld answers/, /run --cluster quickstart-\d+ --timeout 300 --json examples\/array\.sh/])(
  "quickstart interrupted at %s leaves nothing behind",
  async (line) => {
    const run = await quickstart();
    run.interruptAt(line);
    expect((await run.ended).code).toBe(130);
    expect(await run.leftBehind()).toEqual([]);
  },
);
