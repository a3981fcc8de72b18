import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openJobsInFolder, type JobsInFolder, type PlacedJob } from "../../../test/job-in-folder.ts";
import { findOption } from "../../slurm/batch/option-table.ts";
import { jobMarker } from "../values/job-marker.ts";

let jobs: JobsInFolder;

beforeAll(async () => {
  jobs = await openJobsInFolder();
});
afterAll(async () => {
  await jobs[Symbol.asyncDispose]();
});

/** Runs a call to its end. */
async function call(
  task: string,
  args: readonly unknown[] = [],
  rest: Parameters<JobsInFolder["place"]>[2] = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<{ job: PlacedJob; status: number | null; signal: NodeJS.Signals | null; stderr: string }> {
  const job = await jobs.place(task, args, rest);
  return { job, ...(await job.start(variables).ended) };
}

const array = { option: findOption("array"), value: "0-9" };
const state = async ({ folder }: PlacedJob): Promise<unknown> =>
  JSON.parse(await readFile(join(folder, "files", "state.json"), "utf8"));

async function until(path: string): Promise<void> {
  await expect.poll(() => existsSync(path), { timeout: 50_000, interval: 20 }).toBe(true);
}

describe("a call in its job", () => {
  test("leaves its value, and how its process ended", async () => {
    const { job, status, stderr } = await call("add", [40, 2]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(await job.value()).toBe(42);
    expect(await job.files()).toEqual(["result.json", "state.json"]);
    expect(await state(job)).toMatchObject({ version: 1, attempt: 1, exit: 0, endedAt: expect.any(String) });
    expect(await readFile(join(job.folder, "observed"), "utf8")).toBe("add began\n");
  });

  test("leaves what was thrown, with cause and fields, says it on standard error, and fails", async () => {
    const { job, status, stderr } = await call("fail");
    expect(status).toBe(1);
    expect(stderr).toMatch(/RangeError: too far\n[\s\S]*tasks-in-job\.ts:\d+[\s\S]*cause[\s\S]*the wheel came off/);
    await expect(job.value()).rejects.toMatchObject({
      name: "RangeError",
      message: "too far",
      code: "E_FAR",
      cause: { message: "the wheel came off" },
      stack: expect.stringMatching(/tasks-in-job\.ts:\d+/),
    });
    expect(await state(job)).toMatchObject({ exit: 1 });
  });

  test("leaves what was thrown also where standard error is full", async () => {
    const job = await jobs.place("fail", []);
    const { status } = spawnSync("sh", ["-c", 'exec "$0" 2>/dev/full', join(job.folder, "user-script")]);
    expect(status).toBe(1);
    await expect(job.value()).rejects.toThrow("too far");
  });

  test("has large buffers beside its value, and those of its arguments from the kept files", async () => {
    const { job } = await call("bytes", [100_000]);
    expect(await job.files()).toEqual(["result.0.bin", "result.json", "state.json"]);
    expect(await job.value()).toEqual([new Uint8Array(100_000).fill(7)]);
    const large = new Uint8Array(100_000).fill(1);
    expect(await (await call("echo", [large])).job.value()).toEqual([large]);
  });

  test("leaves an error that says where a value cannot be sent", async () => {
    const { job, status } = await call("unsendable");
    expect(status).toBe(1);
    await expect(job.value()).rejects.toMatchObject({
      code: "NOT_SERIALISABLE",
      message: expect.stringContaining("result.model.loss"),
    });
  });

  test.each([
    ["leaves", [0], /process\.exit\(0\) before it returned/],
    ["leaves", [3], /process\.exit\(3\) before it returned/],
    ["never-returns", [], /will never return/],
    ["rejects-beside", [], /nobody caught this/],
    ["no-such-task", [], /is not registered when its module is loaded in the job; there are add, echo,/],
  ])("leaves an error where the function does not come to an end: %s %j", async (task, args, message) => {
    const { job, status, stderr } = await call(task, args);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    await expect(job.value()).rejects.toThrow(message);
  });

  test("ends with its function, whatever that leaves running", async () => {
    const { job, status } = await call("keeps-timer");
    expect(status).toBe(0);
    expect(await job.value()).toBe("done all the same");
  });

  test("takes its own arguments as a task of an array, and knows which it is", async () => {
    const rest = { options: [array], calls: ['{"args":[1]}', '{"args":[2]}'] };
    const job = await jobs.place("echo", [], rest);
    await Promise.all(["0", "1"].map((task) => job.start({ SLURM_ARRAY_TASK_ID: task }).ended));
    expect([await job.value(0), await job.value(1)]).toEqual([[1], [2]]);
    const { job: other } = await call("context", [], { options: [array] }, { SLURM_ARRAY_TASK_ID: "7" });
    expect(await other.value(7)).toMatchObject({ arrayIndex: 7, outputDir: other.folder });
  });

  test("is given the values of jobs, and their errors as the cause", async () => {
    const { job: good } = await call("add", [1, 2]);
    const { job: bad } = await call("fail");
    const mark = ({ id }: PlacedJob): object => ({ [jobMarker]: { id } });
    expect(await (await call("echo", [{ deep: [mark(good)] }])).job.value()).toEqual([{ deep: [3] }]);
    await expect((await call("echo", [mark(bad)])).job.value()).rejects.toMatchObject({
      code: "TASK_FAILED",
      message: expect.stringContaining("too far"),
      cause: { name: "RangeError", code: "E_FAR" },
    });
  });

  test("ends by the signal where the function does not ask for one", async () => {
    const job = await jobs.place("deaf", []);
    const script = job.start();
    await until(join(job.folder, "ready"));
    script.process.kill("SIGTERM");
    expect(await script.ended).toMatchObject({ signal: "SIGTERM" });
    expect(await job.files()).toEqual(["state.json"]);
    expect(await state(job)).toMatchObject({ endedAt: expect.any(String) });
  });

  test.each([{}, { retries: { limit: 3, on: ["failed"], backoffSeconds: 0, factor: 1 } } as const])(
    "lets a function end by itself that asks for the signal, and is not made again: %j",
    async (rest) => {
      const job = await jobs.place("until-stopped", [], rest);
      const script = job.start();
      await until(join(job.folder, "ready"));
      script.process.kill("SIGTERM");
      expect(await script.ended).toMatchObject({ signal: "SIGTERM", stderr: expect.stringContaining("SIGTERM") });
      expect(await readFile(join(job.folder, "aborted"), "utf8")).toContain("asked to end (SIGTERM)");
    },
  );

  test("is made again until it succeeds, by a new process each time", async () => {
    const retries = { limit: 3, on: ["failed"], backoffSeconds: 0.01, factor: 2 } as const;
    const { job, status, stderr } = await call("at-last", [3], { retries });
    expect(status).toBe(0);
    expect(stderr).toMatch(/made again in 0\.010 s[\s\S]*made again in 0\.020 s/);
    expect(await job.value()).toBe(3);
    expect(await job.files()).toEqual(["result.json", "state.json"]);
  });

  test("is not made again more often than was said, and has the last error then", async () => {
    const retries = { limit: 1, on: ["failed"], backoffSeconds: 0, factor: 2 } as const;
    const { job, status } = await call("at-last", [9], { retries });
    expect(status).toBe(1);
    await expect(job.value()).rejects.toThrow("attempt 2");
    expect(await job.files()).toEqual(["result.json", "state.json"]);
  });

  test("counts the runs that came to no end, and gives up", async () => {
    const retries = { limit: 1, on: ["node_fail"], backoffSeconds: 0, factor: 2 } as const;
    const job = await jobs.place("deaf", [], { retries });
    for (const attempt of [1, 2]) {
      const script = job.start();
      await expect
        .poll(() => state(job).catch(() => ({})), { timeout: 50_000, interval: 20 })
        .toMatchObject({ attempt });
      script.process.kill("SIGTERM");
      expect(await script.ended).toMatchObject({ signal: "SIGTERM" });
    }
    expect(await job.start().ended).toMatchObject({ status: 1, stderr: expect.stringContaining("begun 2 times") });
    expect(await job.files()).not.toContain("tries");
  });

  test("that runs anew has nothing of what an earlier run left", async () => {
    const job = await jobs.place("once", []);
    await job.start().ended;
    expect(await job.value()).toBe("a value of the first run");
    await writeFile(join(job.folder, "files", "result.0.bin"), "");
    const script = job.start({ SLURM_RESTART_COUNT: "1" });
    await until(join(job.folder, "ready"));
    expect(await job.files()).toEqual(["state.json"]);
    expect(await state(job)).toMatchObject({ attempt: 2 });
    script.process.kill("SIGKILL");
    await script.ended;
  });

  test("is made by each process of the job under srun; rank 0 gives the value, an error of any counts", async () => {
    const job = await jobs.place("context", []);
    await job.start({ SLURM_PROCID: "1" }).ended;
    expect(await job.files()).toEqual([]);
    await job.start({ SLURM_PROCID: "0", SLURM_NTASKS: "2" }).ended;
    expect(await job.value()).toMatchObject({ rank: 0, worldSize: 2 });
    const failing = await jobs.place("fail", []);
    await failing.start({ SLURM_PROCID: "1" }).ended;
    await expect(failing.value()).rejects.toThrow("too far");
  });
});
