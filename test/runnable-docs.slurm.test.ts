import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

/** The blocks marked `sh runnable` of a page, as one script: what a reader would type from top to bottom. */
async function runnableScript(page: string): Promise<string> {
  const text = await readFile(join(root, page), "utf8");
  return [...text.matchAll(/^```sh runnable\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join("");
}

test.each(["README.md", "docs/tutorial.md"])("the commands of %s work as they are written", async (page) => {
  const folder = await mkdtemp(join(tmpdir(), "docs-"));
  const bin = join(folder, "bin");
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
    SLUICE_HOME: join(folder, "home"),
  };
  const work = join(folder, "work");
  onTestFinished(async () => {
    await run("sluice", ["cluster", "destroy", "--all"], { env, cwd: work });
    await rm(folder, { recursive: true, force: true });
  });
  await mkdir(bin);
  await mkdir(work);
  await cp(join(root, "examples"), join(work, "examples"), { recursive: true });
  await writeFile(join(bin, "sluice"), `#!/bin/sh\nexec "${process.execPath}" "${root}src/cli/main.ts" "$@"\n`, {
    mode: 0o755,
  });

  const script = await runnableScript(page);
  expect(script).toMatch(/^sluice cluster create /m);
  await run("bash", ["-euo", "pipefail", "-c", script], { env, cwd: work });
});
