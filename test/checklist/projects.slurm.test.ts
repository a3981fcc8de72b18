import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../scripts/step.ts";
import { virtualEnvironment } from "../../scripts/virtual-environment.ts";
import { Cluster } from "../../src/sdk/index.ts";
import { openWorkspace, run, type Workspace } from "../sluice.ts";

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

test("item 28: init writes a Slurmfile for the project, by which its cluster is found", async () => {
  await writeFile(join(workspace.cwd, "package.json"), '{"name": "mine", "type": "module"}\n');
  expect(await workspace.done("init")).toContain("Slurmfile.toml");
  await using cluster = Cluster.fromSlurmfile(workspace.cwd);
  expect(cluster.description).not.toBe("");
});

test("item 69: tests with the marker integration_test are skipped unless --run-integration is given", async () => {
  const programs = await virtualEnvironment("pytest", join(root, "python", "requirements-test.txt"));
  const marked = "import pytest\n\n@pytest.mark.integration_test\ndef test_marked():\n    pass\n";
  await writeFile(join(workspace.cwd, "test_marked.py"), marked);
  const env = {
    PATH: process.env["PATH"] ?? "",
    PYTHONPATH: join(root, "python", "src"),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const pytest = [join(programs, "pytest"), "-q", "-p", "pytest_sluice.plugin", "-p", "no:cacheprovider"] as const;
  const options = { cwd: workspace.cwd, env };
  expect((await run(pytest, options)).stdout).toMatch(/^1 skipped in /m);
  expect((await run([...pytest, "--run-integration"], options)).stdout).toMatch(/^1 passed in /m);
});
