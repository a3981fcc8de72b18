import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { packageEntries } from "../scripts/package-entries.ts";
import { pageScript } from "./page-blocks.ts";
import { freePort } from "./sluice.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

/** What `npm install` of this package and of Vitest gives, without building it first. */
async function installPackages(work: string, folder: string): Promise<void> {
  const packageFolder = join(folder, "package");
  await mkdir(packageFolder);
  const exported: Record<string, string> = {};
  for (const { specifier, source } of packageEntries()) {
    const name = specifier.replaceAll("/", "-");
    exported[specifier.replace(/^sluice/, ".")] = `./${name}.ts`;
    await writeFile(join(packageFolder, `${name}.ts`), `export * from "${source}";\n`);
  }
  await writeFile(
    join(packageFolder, "package.json"),
    JSON.stringify({ type: "module", name: "sluice", exports: exported }),
  );
  await writeFile(join(work, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await mkdir(join(work, "node_modules", ".bin"), { recursive: true });
  await symlink(packageFolder, join(work, "node_modules", "sluice"));
  for (const name of ["vitest", ".bin/vitest"]) {
    await symlink(join(root, "node_modules", name), join(work, "node_modules", name));
  }
}

test.each([
  "README.md",
  "docs/tutorial.md",
  "docs/tutorial-gateway.md",
  "docs/sdk.md",
  "docs/testing.md",
  "docs/topology.md",
])(
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
    const isScript = (path: string): boolean => !path.startsWith(join(root, "examples", "sweep"));
    await cp(join(root, "examples"), join(work, "examples"), { recursive: true, filter: isScript });
    await writeFile(join(bin, "sluice"), `#!/bin/sh\nexec "${process.execPath}" "${root}src/cli/main.ts" "$@"\n`, {
      mode: 0o755,
    });

    await installPackages(work, folder);

    // The one port that a page names may be somebody else's here.
    const script = pageScript(page).replaceAll(":7373", `:${await freePort()}`);
    expect(script).toMatch(/^(?:sluice cluster create|npx vitest) /m);
    // What a page leaves in the background ends with it, also where a command has failed.
    const whole = `trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n${script}`;
    await run("bash", ["-euo", "pipefail", "-c", whole], { env, cwd: work });
  },
  180_000,
);
