import { version } from "../version.ts";
import type { ProjectFile } from "./project-files.ts";
import type { Project } from "./read-project.ts";

/** The Vitest that a new project begins with. */
export const vitestVersion = "^5.1.1";

/** A first task and its test, and a package.json where there is none. */
export function typescriptFiles(project: Project): readonly ProjectFile[] {
  const { framework, hasManifest, hasSrc } = project;
  const folder = hasSrc ? "src/tasks" : "tasks";
  // Jest reads no TypeScript by itself.
  const isTyped = framework !== "jest";
  const extension = isTyped ? (project.isModule || framework === "vitest" ? "ts" : "mts") : "mjs";
  const task = `estimate-pi.${extension}`;
  const imported = extension === "ts" && !project.takesTsImports ? "estimate-pi.js" : task;
  return [
    ...(hasManifest ? [] : [{ path: "package.json", text: manifestText(project) }]),
    { path: `${folder}/${task}`, text: taskText(isTyped) },
    { path: `${folder}/estimate-pi.test.${extension}`, text: testText(framework, `./${imported}`) },
  ];
}

function manifestText({ name, framework }: Project): string {
  const script = framework === "vitest" ? "vitest run" : "node --test";
  const packageName =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9._~-]+/g, "-")
      .replaceAll(/^[._-]+|[._-]+$/g, "") || "project";
  const manifest = {
    name: packageName,
    private: true,
    type: "module",
    scripts: { test: script },
    devDependencies: { sluice: `^${version()}`, vitest: vitestVersion },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function taskText(isTyped: boolean): string {
  const [number, result] = isTyped ? [": number", ": number"] : ["", ""];
  return `import { task } from "sluice";

/** Runs as a Slurm job where it is submitted; \`estimatePi.unwrapped\` is the plain function. */
export const estimatePi = task({ cpus: 1, memory: "200M", time: "5m" }, function estimatePi(points${number})${result} {
  let inside = 0;
  for (let i = 0; i < points; i += 1) if (Math.hypot(Math.random(), Math.random()) <= 1) inside += 1;
  return (4 * inside) / points;
});
`;
}

function testText(framework: Project["framework"], task: string): string {
  return { vitest: vitestText, jest: jestText, "node:test": nodeTestText }[framework].replaceAll("TASK", task);
}

const vitestText = `import { expect, test } from "sluice/vitest";
import { estimatePi } from "TASK";

test("estimates pi on a real Slurm", { timeout: 60_000 }, async ({ slurmCluster }) => {
  const job = await slurmCluster.submit(estimatePi)(100_000);
  expect(await job.wait()).toBeCloseTo(Math.PI, 1);
});

test("ten estimates are one array", { timeout: 60_000 }, async ({ slurmCluster }) => {
  const jobs = await slurmCluster.map(estimatePi, Array.from({ length: 10 }, () => 10_000));
  const estimates = await jobs.results();
  expect(estimates.reduce((sum, each) => sum + each) / 10).toBeCloseTo(Math.PI, 1);
});
`;

const jestText = `import { expect, test } from "@jest/globals";
import { useSlurmCluster } from "sluice/jest";
import { estimatePi } from "TASK";

const slurm = useSlurmCluster();

test("estimates pi on a real Slurm", async () => {
  const job = await slurm().submit(estimatePi)(100_000);
  expect(await job.wait()).toBeCloseTo(Math.PI, 1);
}, 60_000);
`;

const nodeTestText = `import assert from "node:assert/strict";
import { test } from "node:test";
import { useSlurmCluster } from "sluice/node-test";
import { estimatePi } from "TASK";

const slurm = useSlurmCluster();

test("estimates pi on a real Slurm", { timeout: 60_000 }, async (t) => {
  const job = await slurm(t).submit(estimatePi)(100_000);
  assert.ok(Math.abs((await job.wait()) - Math.PI) < 0.05);
});
`;
