import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { mountSmallDisk } from "../../../test/crash/small-disk.ts";
import { ada, openEngineOnSlurm, patience, type EngineOnSlurm } from "../../../test/engine-on-slurm.ts";
import { keepCode, scriptOf, taskCode, valueIn, workflowCode } from "../../../test/job-in-folder.ts";
import { findOption } from "../../slurm/batch/option-table.ts";
import type { TaskScript } from "../script/task-script.ts";
import type { ShippedCode } from "../shipping/shipped-code.ts";

const signal = new AbortController().signal;

let here: EngineOnSlurm;
let codeFolder: string;
let code: ShippedCode;
/** Those that Slurm starts again, some 15 s after their first run, beside all the others. */
let overMemory: string;
let requeued: string;
let workflow: string;

beforeAll(async () => {
  here = await openEngineOnSlurm(inject("slurmConf"));
  codeFolder = await mkdtemp(join(tmpdir(), "code-"));
  code = await keepCode(codeFolder, taskCode());
  const workflows = await keepCode(codeFolder, workflowCode());
  const header = { version: 1, task: "sum-of-squares", kind: "workflow", name: "sum" } as const;
  workflow = await submit("sum-of-squares", { header, code: workflows, calls: ['{"args":[3,4]}'] });
  const retries = { limit: 1, on: ["out_of_memory"], backoffSeconds: 0, factor: 1 } as const;
  overMemory = await submit("takes-too-much", { retries, options: [{ option: findOption("array"), value: "0-1" }] });
  requeued = await submit("once");
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await rm(codeFolder, { recursive: true, force: true });
});

const submit = (task: string, rest: Partial<TaskScript> = {}): Promise<string> =>
  here.submit({ script: scriptOf(task, code, rest) });
const folderOf = async (id: string): Promise<string> => (await here.store.get(id))?.directory ?? "";
async function there(path: string): Promise<void> {
  await expect.poll(() => existsSync(path), patience).toBe(true);
}
async function stderrOf(id: string): Promise<string> {
  return readFile(join(await folderOf(id), "stderr"), "utf8");
}

describe("a call in a job of Slurm", { timeout: 240_000 }, () => {
  test("may be run anew by Slurm when it has ended, and while it goes on", async () => {
    const { nativeId = "", directory = "" } = await here.reaches(requeued, "completed");
    expect(await valueIn(directory)).toBe("a value of the first run");
    await here.slurm("scontrol", "requeue", nativeId);
    await here.reaches(workflow, "running");
    await there(join(await folderOf(workflow), "interrupted"));
    await here.slurm("scontrol", "requeue", await here.nativeId(workflow));
  });

  test("gives its value, or its error, and the job ends as the function did", async () => {
    const [good, bad] = await Promise.all([submit("add", { calls: ['{"args":[40,2]}'] }), submit("fail")]);
    await here.reaches(good, "completed");
    expect(await valueIn(await folderOf(good))).toBe(42);
    expect(await here.reaches(bad, "failed")).toMatchObject({ exit: { status: 1, signal: 0 } });
    await expect(valueIn(await folderOf(bad))).rejects.toMatchObject({ name: "RangeError", code: "E_FAR" });
    expect(await stderrOf(bad)).toMatch(/RangeError: too far/);
  });

  test("has arguments of its own in each task of an array", async () => {
    const options = [{ option: findOption("array"), value: "0-4%3" }];
    const id = await submit("echo", { options, calls: [0, 1, 2, 3, 4].map((n) => `{"args":[${n}]}`) });
    await here.reaches(id, "completed");
    const folder = await folderOf(id);
    expect(await Promise.all([0, 1, 2, 3, 4].map((task) => valueIn(folder, task)))).toEqual([[0], [1], [2], [3], [4]]);
  });

  test("is made by each process of the job where srun makes it, and has the value of the first", async () => {
    const options = [
      { option: findOption("ntasks"), value: "2" },
      { option: findOption("nodes"), value: "2" },
    ];
    const id = await submit("context", { options, srun: true });
    await here.reaches(id, "completed");
    expect(await valueIn(await folderOf(id))).toMatchObject({ rank: 0, worldSize: 2, hostnames: ["cpu-0", "cpu-1"] });
  });

  test("hears in its signal that its job is cancelled", async () => {
    const id = await submit("until-stopped");
    await here.reaches(id, "running");
    const folder = await folderOf(id);
    await there(join(folder, "ready"));
    await here.engine.act(id, "cancel", ada, signal);
    await there(join(folder, "aborted"));
    expect(await readFile(join(folder, "aborted"), "utf8")).toContain("SIGTERM");
    await here.reaches(id, "cancelled");
  });

  test("says on a full disk that it is full, and leaves no half of a result", async () => {
    await using disk = await mountSmallDisk(1);
    const files = `ln -s '${disk.folder}' "$dir/files"`;
    const small = await submit("bytes", { calls: ['{"args":[600000,600000]}'], setup: [files] });
    expect(await here.reaches(small, "failed")).toMatchObject({ exit: { status: 74, signal: 0 } });
    expect(await stderrOf(small)).toMatch(/could not be written to .*result\.json: ENOSPC/);
    // What the error takes does fit.
    await expect(valueIn(await folderOf(small))).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
    expect((await readdir(disk.folder)).sort()).toEqual(["result.json", "state.json"]);

    for (const name of await readdir(disk.folder)) await rm(join(disk.folder, name));
    await disk.fill();
    const full = await submit("echo", { setup: [files] });
    expect(await here.reaches(full, "failed")).toMatchObject({ exit: { status: 74, signal: 0 } });
    expect(await stderrOf(full)).toContain("ENOSPC");
    expect(await readdir(disk.folder)).toEqual(["filler"]);
  });

  test("that Slurm runs anew has nothing of what the first run left", async () => {
    const folder = await folderOf(requeued);
    await there(join(folder, "ready"));
    expect(await readdir(join(folder, "files"))).toEqual(["state.json"]);
    await here.slurm("scancel", await here.nativeId(requeued));
  });

  test("that was killed for its memory is put back into the queue, and made again", async () => {
    await here.reaches(overMemory, "completed");
    expect(await here.engine.tasks(overMemory, ada)).toMatchObject([{ restarts: 1 }, { restarts: 1 }]);
    const folder = await folderOf(overMemory);
    expect(await Promise.all([0, 1].map((task) => valueIn(folder, task)))).toEqual([2, 2]);
    const left = ["result.0.json", "result.1.json", "state.0.json", "state.1.json"];
    expect((await readdir(join(folder, "files"))).sort()).toEqual(left);
  });

  test("of a workflow finds the children of its first run when it is run anew", async () => {
    expect(await here.reaches(workflow, "completed")).toMatchObject({ restarts: 1 });
    const folder = await folderOf(workflow);
    const ids = (await readFile(join(folder, "interrupted"), "utf8")).split("\n");
    expect(await valueIn(folder)).toMatchObject({ sum: 25, runs: 2, ids });
    expect((await readFile(join(folder, "shared", "ran"), "utf8")).split("\n").sort()).toEqual(["", "3", "4"]);
  });
});
