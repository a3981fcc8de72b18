import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ended } from "../sluice.ts";
import { openTestProject, type TestProject } from "../test-project.ts";

let project: TestProject;
beforeAll(async () => {
  project = await openTestProject();
});
afterAll(() => project[Symbol.asyncDispose]());

/** Under load a test takes longer than runners expect of one. */
const patience = "--testTimeout=120000";

function vitest(folder: string): Promise<Ended> {
  return project.run("vitest", "run", patience, "--hookTimeout=120000", "--root", folder);
}

/** What a runner said whose tests have passed. */
function wordsOf({ exitCode, stdout, stderr }: Ended): string {
  if (exitCode === 0) return stdout + stderr;
  throw new Error(`ended with ${exitCode}: ${stdout}${stderr}`);
}

/** The same test for each runner: what differs is how it gets a cluster. */
const example = (opening: string, parameters: string, cluster: string): string => `
import { task } from "sluice";
${opening}

const add = task({ cpus: 2, gpus: 1 }, function add(a, b) {
  if (b === 0) throw new RangeError("nothing to add");
  return { sum: a + b, where: process.env.SLURMD_NODENAME, gpus: process.env.SLURM_GPUS_ON_NODE };
});

test("a function runs on a real Slurm, and its value comes back", async (${parameters}) => {
  const job = await ${cluster}.submit(add)(1, 2);
  expect(await job.wait({ timeout: "60s" })).toEqual({ sum: 3, where: "slurm", gpus: "1" });
});

test("what it throws comes back, too", async (${parameters}) => {
  const job = await ${cluster}.submit(add)(1, 0);
  await expect(job.wait({ timeout: "60s" })).rejects.toThrow("nothing to add");
});
`;

/** As much of \`expect\` as the example needs, for a runner that has none. */
const nodeExpect = `
import assert from "node:assert/strict";
import { test } from "node:test";
import { useSlurmCluster } from "sluice/node-test";
const expect = (value) => ({
  toEqual: (expected) => assert.deepEqual(value, expected),
  rejects: { toThrow: (message) => assert.rejects(value, (error) => error.message.includes(message)) },
});
const slurm = useSlurmCluster("gpu");
`;

describe("the same example test passes on a real cluster", () => {
  test("under Vitest", async () => {
    const opening = 'import { expect, test } from "sluice/vitest";';
    await project.write({ "vitest/example.test.js": example(opening, "{ slurmClusterGpu }", "slurmClusterGpu") });
    const ended = await vitest("vitest");
    expect(wordsOf(ended)).toMatch(/2 passed/);
    expect(await project.clustersLeft()).toEqual([]);
  });

  test("under node:test", async () => {
    await project.write({ "node/example.test.js": example(nodeExpect, "t", "slurm(t)") });
    const ended = await project.run("node", "--test", "node/example.test.js");
    expect(wordsOf(ended)).toMatch(/pass 2\n/);
    expect(await project.clustersLeft()).toEqual([]);
  });

  test("under Jest, whose files share a cluster where its setup says so", async () => {
    await project.install("jest@30");
    const naming = `
import { useSlurmCluster } from "sluice/jest";
import { appendFileSync } from "node:fs";
const slurm = useSlurmCluster("gpu");
test("which cluster", () => appendFileSync("names", slurm().testCluster.name + "\\n"));
`;
    const opening = `
${naming}
test("matchers are there", async () => {
  const job = await slurm().submit(add)(1, 2);
  expect(job).toRequest({ cpus: 2, gpus: 1 });
  expect(job).not.toRequest({ gpus: 2 });
  await expect(job).toComplete({ timeout: "60s" });
  const failing = await slurm().submit(add)(1, 0);
  await expect(failing).toFailWith(/nothing to add/, { timeout: "60s" });
});
`;
    await project.write({ "jest/one.test.js": example(opening, "", "slurm()"), "jest/other.test.js": naming });
    const setup = ["--globalSetup=sluice/jest/setup", "--globalTeardown=sluice/jest/teardown", "--rootDir=jest"];
    const jest = ["--experimental-vm-modules", "node_modules/.bin/jest", patience, ...setup];
    const ended = await project.run("node", ...jest);
    expect(wordsOf(ended)).toMatch(/5 passed/);
    expect(await project.clustersLeft()).toEqual([]);
    const [one, other] = (await project.run("cat", "names")).stdout.trim().split("\n");
    expect(other).toBe(one);
  }, 300_000);
});

/** A file of tests that counts the clusters that there are. */
const counting = `
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { expect, test } from "sluice/vitest";
const folder = process.env.SLUICE_HOME + "/clusters";
const count = () => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")).length : 0);
test("asks for none", () => expect(count()).toBe(0));
test("asks for a configuration", ({ slurmClusterConfig }) => {
  expect(slurmClusterConfig).toEqual({ testing: { preset: "cpu" } });
  expect(count()).toBe(0);
});
test("asks for a mock", async ({ mockCluster }) => expect(count()).toBe(0));
test("asks for one", async ({ slurmCluster }) => {
  expect(count()).toBe(1);
  writeFileSync(NAME, slurmCluster.testCluster.name);
});
test("asks for it again", async ({ slurmCluster }) => expect(count()).toBe(1));
test("does not ask for two GPUs", async ({ slurmClusterGpu }) => expect(count()).toBe(2));
`;

describe("Vitest's fixtures", () => {
  test("item 76: a cluster that no test asks for is not started, and one that is asked for is started once", async () => {
    await project.write({ "lazy/count.test.js": counting.replace("NAME", '"../name"') });
    const ended = await vitest("lazy");
    expect(wordsOf(ended)).toMatch(/6 passed/);
    expect(await project.clustersLeft()).toEqual([]);
  });

  test("item 68: one line in the settings has all files share them, which go with the run", async () => {
    const naming = (file: string): string => `
import { writeFileSync } from "node:fs";
import { test } from "sluice/vitest";
test("names its cluster", ({ slurmCluster }) => writeFileSync("${file}", slurmCluster.testCluster.name));
`;
    const settings = 'export default { test: { globalSetup: ["sluice/vitest/setup"] } };';
    await project.write({
      "shared/one.test.js": naming("one"),
      "shared/other.test.js": naming("other"),
      "shared/vitest.config.js": settings,
    });
    const ended = await vitest("shared");
    expect(wordsOf(ended)).toMatch(/2 passed/);
    const { stdout: one } = await project.run("cat", "shared/one");
    expect((await project.run("cat", "shared/other")).stdout).toBe(one);
    expect(await project.clustersLeft()).toEqual([]);
  });
});
