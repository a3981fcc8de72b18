import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../scripts/step.ts";
import { pageBlocks } from "./page-blocks.ts";
import { packageEntries } from "../scripts/package-entries.ts";
import { run } from "./sluice.ts";

/** What the parts of programs that a page shows use without saying where it comes from. */
const surroundings = `
import type { ArrayJob, Cluster, Job, Task, task as makeTask } from "sluice";
interface Trained { readonly rate: number; readonly loss: number }
declare global {
  const task: typeof makeTask;
  const train: Task<[rate: number], Trained, (rate: number) => Promise<Trained>>;
  const cluster: Cluster;
  const job: Job<Trained>;
  const runs: ArrayJob<Trained>;
}
`;

const pages = ["README.md", "docs/sdk.md", "docs/testing.md", "docs/from-python.md"];

test("the TypeScript of the pages compiles", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pages-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const page of pages) {
    const blocks = pageBlocks(page).filter(({ language }) => language === "ts");
    expect(blocks.length).toBeGreaterThan(0);
    for (const { file, text, line } of blocks) {
      const path = join(folder, page, file ?? `line-${String(line)}.ts`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, file === undefined ? `${text}export {};\n` : text);
    }
  }
  await writeFile(join(folder, "surroundings.d.ts"), surroundings);
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const paths = Object.fromEntries(packageEntries().map(({ specifier, source }) => [specifier, [source]]));
  const config = { extends: join(root, "tsconfig.json"), compilerOptions: { paths }, include: ["**/*.ts"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules", ".bin", "tsc");
  const ended = await run([process.execPath, tsc, "-p", folder, "--pretty", "false"], { cwd: folder, env: {} });
  // The program's own sources are compiled along; they have a check of their own.
  const errors = ended.stdout.split("\n").filter((line) => line !== "" && !/^(?:\s|\.\.\/)/.test(line));
  expect({ errors, stderr: ended.stderr, isEnded: ended.exitCode >= 0 }).toEqual({
    errors: [],
    stderr: "",
    isEnded: true,
  });
}, 180_000);
