import { build } from "esbuild";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { definersAt } from "./definers-in-job.ts";

const src = join(import.meta.dirname, "../..");

test("the code of a task has its ids, and does not look at options again", () => {
  const definers = definersAt({ module: "/p/src/job.ts", path: "src/job.ts" });
  const made = definers.task({ cpus: 4, name: "x" }, (n: number) => n);
  expect(made.definition).toMatchObject({ id: "src/job.ts#x", name: "x", options: { cpus: 4 } });
  expect(made.with({ memory: "8G" }).definition.options).toEqual({ cpus: 4, name: "x", memory: "8G" });
});

test("the code of a task does not load what reads options", async () => {
  const { metafile } = await build({
    stdin: {
      contents: `import { definersAt } from "./in-job/entry.ts"; definersAt({ module: "/m", path: "m" }).task(() => 1);`,
      resolveDir: join(src, "sdk"),
      loader: "ts",
    },
    bundle: true,
    platform: "node",
    format: "esm",
    metafile: true,
    write: false,
    logLevel: "error",
  });
  const [output] = Object.values(metafile.outputs);
  const kept = Object.entries(output?.inputs ?? {})
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => relative(src, path));
  expect(kept).toContain("sdk/define/make-task.ts");
  expect(kept.filter((path) => path.startsWith("slurm/") && path !== "slurm/batch/nearest-name.ts")).toEqual([]);
  expect(kept.filter((path) => /place-of-caller|option|packaging/.test(path))).toEqual([]);
});
