import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "./sluice.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

/** The blocks marked `sh runnable` of a page, as one script: what a reader would type from top to bottom. */
async function runnableScript(page: string): Promise<string> {
  const text = await readFile(join(root, page), "utf8");
  return [...text.matchAll(/^```sh runnable\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join("");
}

/** What `npm install` of this package gives, without building it first. */
async function installPackage(work: string, folder: string): Promise<void> {
  const packageFolder = join(folder, "package");
  await mkdir(packageFolder);
  const exported = { type: "module", name: "sluice", exports: { "./client": "./client.ts" } };
  await writeFile(join(packageFolder, "package.json"), JSON.stringify(exported));
  await writeFile(join(packageFolder, "client.ts"), `export * from "${root}src/client/client.ts";\n`);
  await mkdir(join(work, "node_modules"));
  await symlink(packageFolder, join(work, "node_modules", "sluice"));
}

test.each(["README.md", "docs/tutorial.md", "docs/tutorial-gateway.md"])(
  "the commands of %s work as they are written",
  async (page) => {
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

    await installPackage(work, folder);

    // The one port that a page names may be somebody else's here.
    const script = (await runnableScript(page)).replaceAll(":7373", `:${await freePort()}`);
    expect(script).toMatch(/^sluice cluster create /m);
    // What a page leaves in the background ends with it, also where a command has failed.
    const whole = `trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n${script}`;
    await run("bash", ["-euo", "pipefail", "-c", whole], { env, cwd: work });
  },
  180_000,
);
