import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { valueOfJob } from "./value-of-job.ts";

const { signal } = new AbortController();
let jobsFolder: string;

beforeAll(async () => {
  jobsFolder = await mkdtemp(join(tmpdir(), "jobs-"));
});
afterAll(async () => {
  await rm(jobsFolder, { recursive: true, force: true });
});

const envelope = '{"version":1,"status":"ok","attempt":1,"host":"n","startedAt":"","endedAt":"","value":"late"}';

describe("the value of a job beside this one", () => {
  test("is waited for, as a shared file system may show it late", async () => {
    const value = valueOfJob({ id: "A", task: 3 }, { jobsFolder, signal });
    await mkdir(join(jobsFolder, "A", "files"), { recursive: true });
    await writeFile(join(jobsFolder, "A", "files", "new"), envelope);
    await writeFile(join(jobsFolder, "A", "files", "result.3.json"), envelope);
    expect(await value).toBe("late");
  });

  test("that never comes is an error that names the place, and so is one that is damaged", async () => {
    await mkdir(join(jobsFolder, "B", "files"), { recursive: true });
    await expect(valueOfJob({ id: "B" }, { jobsFolder, signal, patienceMs: 30 })).rejects.toMatchObject({
      code: "RESULT_MISSING",
      message: expect.stringContaining(join(jobsFolder, "B", "files", "result.json")),
    });
    await writeFile(join(jobsFolder, "B", "files", "result.json"), envelope.slice(0, 40));
    await expect(valueOfJob({ id: "B" }, { jobsFolder, signal })).rejects.toMatchObject({ code: "VALUE_UNREADABLE" });
  });

  test("is not waited for any more when the job is asked to end", async () => {
    const stop = new AbortController();
    const value = valueOfJob({ id: "C" }, { jobsFolder, signal: stop.signal });
    stop.abort();
    await expect(value).rejects.toThrow(/abort/);
  });

  test("is looked for nowhere else, whatever the id", async () => {
    await expect(valueOfJob({ id: "../A" }, { jobsFolder, signal })).rejects.toThrow(/is not the id of a job/);
  });
});
