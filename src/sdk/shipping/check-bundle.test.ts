import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openBundledProject, trainModule, type BundledProject } from "../../../test/bundled-project.ts";

let project: BundledProject;
beforeEach(async () => {
  project = await openBundledProject();
});
afterEach(() => project[Symbol.asyncDispose]());

describe("the check", () => {
  test("says that a task is defined in a function or a condition", async () => {
    await project.write({
      "src/train.ts":
        'import { task } from "sluice";\nexport const make = () => task(async function train() {});\nexport const other = task(async function other() {});',
    });
    await expect(project.check(await project.bundle())).rejects.toMatchObject({
      code: "TASK_NOT_REGISTERED",
      message: expect.stringMatching(
        /"src\/train\.ts#train" is not there .*it has src\/train\.ts#other.*inside a function or a condition/,
      ),
    });
  });

  test("is not hindered by a module that prints, and that keeps its process alive", async () => {
    await project.write({ "src/train.ts": `${trainModule}console.log("hello");\nsetInterval(() => {}, 1000);` });
    await expect(project.check(await project.bundle())).resolves.toBeUndefined();
  });

  test.each([
    ["waits for it", "await cluster.submit(train)(1);"],
    ["does not wait for it", "void cluster.submit(train)(1);"],
    ["throws it away", "void (async () => cluster.map(train, [1, 2]))();"],
  ])("refuses a module that submits while it is loaded, and %s", async (_, statement) => {
    await project.write({
      "src/train.ts": `import { Cluster, task } from "sluice";\nexport const train = task(async function train(x: number) { return x; });\nconst cluster = Cluster.fromEnv();\n${statement}`,
    });
    await expect(project.check(await project.bundle())).rejects.toMatchObject({ code: "IN_JOB_SUBMIT" });
  });

  test("says that a module ends the process", async () => {
    await project.write({ "src/train.ts": `${trainModule}console.error("bye");\nprocess.exit(3);` });
    await expect(project.check(await project.bundle())).rejects.toMatchObject({
      code: "TASK_LOAD_FAILED",
      message: expect.stringMatching(/ended the process while it was loaded \(exit status 3\); its words: bye/),
    });
  });

  test("ends a module that does not end loading, and what it started", async () => {
    await project.write({
      "src/train.ts": `import { spawn } from "node:child_process";\n${trainModule}console.error("pid", spawn("sleep", ["1000"]).pid);\nfor (;;);`,
    });
    const refused: unknown = await project
      .check(await project.bundle(), { deadlineMs: 5_000 })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: "TASK_LOAD_FAILED",
      message: expect.stringContaining("has not ended loading after 5 s"),
    });
    const pid = Number(/pid (\d+)/.exec(String(refused))?.[1]);
    const state = async (): Promise<string> =>
      (await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") gone")).split(") ")[1]?.split(" ")[0] ?? "";
    // One that nobody has asked after is a zombie.
    await expect.poll(state, { timeout: 30_000 }).toMatch(/^(gone|Z)$/);
  });

  test("stops when it is told to", async () => {
    await project.write({ "src/train.ts": `${trainModule}for (;;);` });
    const made = await project.bundle();
    const stop = new AbortController();
    const checked = project.check(made, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(checked).rejects.toThrow("enough");
  });
});
