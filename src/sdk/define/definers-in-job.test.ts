import { build } from "esbuild";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import type { Definers } from "./create-definers.ts";
import { definersAt as anyDefinersAt } from "./definers-at.ts";
import { definersAt } from "./definers-in-job.ts";

const src = join(import.meta.dirname, "../..");

test("the code of a task has its ids, and does not look at options again", () => {
  const idsOf = ({ task }: Definers): readonly string[] =>
    [task({ jobName: "x", cpus: 4 }, () => 1), task({ name: "y" }, () => 1), task({}, () => 1)].map(
      ({ definition }) => definition.id,
    );
  expect(idsOf(anyDefinersAt({ module: "/p/here.ts", path: "here.ts" }))).toEqual([
    "here.ts#x",
    "here.ts#y",
    "here.ts#1",
  ]);
  expect(idsOf(definersAt({ module: "/p/job.ts", path: "job.ts" }))).toEqual(["job.ts#x", "job.ts#y", "job.ts#1"]);
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
  expect(
    kept.filter((path) => /place-of-caller|option-fields|resolve-options|own-options|packaging/.test(path)),
  ).toEqual([]);
});
