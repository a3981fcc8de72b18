import { mkdir, mkdtemp, readFile, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { captureIo } from "../../../test/sluice.ts";
import { runProgram } from "../run-program.ts";
import { ciFiles } from "./ci-files.ts";
import { readProject, type Project } from "./read-project.ts";
import { vitestVersion } from "./typescript-files.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** A folder with these files; a text, or what a package.json says. */
async function folderWith(files: Readonly<Record<string, string | object>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-init-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

async function init(cwd: string, ...args: readonly string[]) {
  const { io, written } = captureIo();
  const { signal } = new AbortController();
  const config = () => Promise.reject(new Error("init needs no settings"));
  const context = { io, signal, urgent: signal, cwd, config, exitCode: 0 };
  return { exitCode: await runProgram(["init", ...args], context), ...written };
}

const filesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

const Report = z.object({
  files: z.array(z.object({ path: z.string(), action: z.string() })),
  next: z.array(z.string()),
});
const reported = (stdout: string): z.infer<typeof Report> => Report.parse(JSON.parse(stdout));

describe("sluice init", () => {
  test("makes a project of an empty folder, and says what comes next", async () => {
    const folder = await folderWith();
    const { exitCode, stdout, stderr } = await init(folder);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(await filesIn(folder)).toEqual([
      ".github/workflows/slurm-tests.yml",
      ".gitignore",
      "Slurmfile.toml",
      "package.json",
      "tasks/estimate-pi.test.ts",
      "tasks/estimate-pi.ts",
    ]);
    expect(stdout).toMatch(/^For TypeScript and Vitest:\n {2}write {2}Slurmfile\.toml\n/);
    expect(stdout).toMatch(/\nNext:\n {2}npm install\n {2}npx sluice doctor\n {2}npx vitest run\n$/);
    const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    expect(manifest).toMatchObject({
      name: expect.stringMatching(/^sluice-init-[a-z0-9]+$/),
      type: "module",
      scripts: { test: "vitest run" },
      devDependencies: { sluice: expect.stringMatching(/^\^\d/), vitest: vitestVersion },
    });
  });

  test("overwrites nothing, be it a link that leads nowhere, and says what it keeps", async () => {
    const own = { "package.json": { devDependencies: { sluice: "1", vitest: "5" } }, "Slurmfile.toml": "# mine\n" };
    const folder = await folderWith(own);
    await symlink("nowhere", join(folder, ".gitignore"));
    const { exitCode, stdout } = await init(folder);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("  keep   Slurmfile.toml (it is there)\n");
    expect(stdout).toContain("  keep   .gitignore (it is there)\n");
    expect(await readFile(join(folder, "Slurmfile.toml"), "utf8")).toBe("# mine\n");
    expect(await readlink(join(folder, ".gitignore"))).toBe("nowhere");
    const before = await Promise.all(
      (await filesIn(folder)).map((path) => readFile(join(folder, path)).catch(() => "")),
    );
    const again = await init(folder, "--json");
    expect(again.exitCode).toBe(0);
    expect(new Set(reported(again.stdout).files.map(({ action }) => action))).toEqual(new Set(["keep"]));
    const after = await Promise.all(
      (await filesIn(folder)).map((path) => readFile(join(folder, path)).catch(() => "")),
    );
    expect(after).toEqual(before);
  });

  test("takes a Slurmfile of another name for the project's", async () => {
    const folder = await folderWith({ Slurmfile: "# mine\n" });
    expect((await init(folder)).stdout).toContain("  keep   Slurmfile (it is there)\n");
    expect(await filesIn(folder)).not.toContain("Slurmfile.toml");
  });

  test("shows the files with --dry-run, and writes none", async () => {
    const folder = await folderWith();
    const { stdout } = await init(folder, "--dry-run");
    expect(stdout).toContain('--- tasks/estimate-pi.ts\nimport { task } from "sluice";\n');
    expect(reported((await init(folder, "--dry-run", "--json")).stdout).files).toHaveLength(6);
    expect(await filesIn(folder)).toEqual([]);
  });

  test("leaves nothing behind where a file cannot be written", async () => {
    const folder = await folderWith({ tasks: "a file where the folder should be" });
    const { exitCode, stderr } = await init(folder);
    expect(exitCode).toBe(73);
    expect(stderr).toMatch(/tasks\/estimate-pi\.ts cannot be written: .*; nothing was left \[FILE_UNWRITABLE\]/);
    expect(await filesIn(folder)).toEqual(["tasks"]);
  });

  test("refuses a package.json that cannot be read, and names it", async () => {
    const folder = await folderWith({ "package.json": "{" });
    const { exitCode, stderr } = await init(folder);
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(/package\.json cannot be read: .*\[CONFIG_INVALID\]/);
    expect((await init(folder, "--template=cobol")).exitCode).toBe(2);
  });
});

describe("what a project is in", () => {
  const isPython = { "pyproject.toml": "" };
  test.each([
    ["nothing", {}, "ts"],
    ["a pyproject.toml", isPython, "python"],
    [
      "a pyproject.toml beside Sluice alone",
      { ...isPython, "package.json": { devDependencies: { sluice: "1" } } },
      "python",
    ],
    ["a pyproject.toml beside other packages", { ...isPython, "package.json": { dependencies: { hono: "4" } } }, "ts"],
    ["a requirements.txt", { "requirements.txt": "" }, "python"],
  ])("with %s", async (_, files, template) => {
    const folder = await folderWith(files);
    expect(readProject(folder).template).toBe(template);
    expect(readProject(folder, { template: "python" }).template).toBe("python");
  });

  test("a Python project gets a job, a test with the plugin's fixtures, and its marker", async () => {
    const folder = await folderWith({ "pyproject.toml": "", ".gitlab-ci.yml": "# mine\n" });
    const { stdout } = await init(folder);
    expect(stdout).toMatch(/^For Python and pytest:/);
    expect(stdout).toContain("  keep   .gitlab-ci.yml (it is there)\n");
    expect(await filesIn(folder)).toEqual(
      expect.arrayContaining(["jobs/estimate_pi.py", "tests/test_estimate_pi.py", "Slurmfile.toml"]),
    );
  });

  test.each([
    ["vitest", { devDependencies: { vitest: "5" } }, "tasks/estimate-pi.test.ts"],
    ["jest", { devDependencies: { jest: "30" } }, "tasks/estimate-pi.test.mjs"],
    ["node:test", { type: "module", scripts: { test: "node --test" } }, "tasks/estimate-pi.test.ts"],
    ["node:test", { scripts: { test: "node --enable-source-maps --test" } }, "tasks/estimate-pi.test.mts"],
  ])("tests for %s stand in a file that it runs as it is", async (framework, manifest, path) => {
    const folder = await folderWith({ "package.json": manifest });
    const { stdout } = await init(folder, "--json", "--ci=none");
    expect(JSON.parse(stdout)).toMatchObject({ framework });
    const text = await readFile(join(folder, path), "utf8");
    expect(text).toContain(
      framework === "vitest" ? 'from "sluice/vitest"' : `from "sluice/${framework.replace(":", "-")}"`,
    );
    expect(await filesIn(folder)).not.toContain(".github/workflows/slurm-tests.yml");
  });

  test("imports end as the compiler takes them", async () => {
    const folder = await folderWith({ "tsconfig.json": "{}", "src/index.ts": "" });
    await init(folder);
    expect(await readFile(join(folder, "src/tasks/estimate-pi.test.ts"), "utf8")).toContain('"./estimate-pi.js"');
  });
});

test("a new project begins with the Vitest that this one is tested with", async () => {
  const { devDependencies }: { devDependencies: Record<string, string> } = JSON.parse(
    await readFile(join(repository, "package.json"), "utf8"),
  );
  expect(vitestVersion).toBe(`^${devDependencies["vitest"]}`);
});

test("docs/ci.md shows the workflows that are written", async () => {
  const page = await readFile(join(repository, "docs/ci.md"), "utf8");
  const node = await folderWith({ "package.json": { devDependencies: { sluice: "1", vitest: "5" } } });
  const project = readProject(node);
  const shown: readonly Partial<Project>[] = [{}, { template: "python" }, { ci: "gitlab" }];
  for (const different of shown) {
    const [file] = ciFiles({ ...project, ...different });
    expect(page).toContain(`\`\`\`yaml\n${file?.text}\`\`\`\n`);
  }
});
