import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readRestJobs, type ShownJob } from "./rest-jobs.ts";
import { readEnvelope, restErrorNumbers, restWords } from "./rest-reply.ts";

const Recorded = z.record(z.enum(["array", "signalled", "failed", "held", "cancelled", "unknown"]), z.looseObject({}));

/** Answers of real slurmrestd: 22.05.8 gave those of v0.0.38, 24.11.5 the others. Fields that nobody reads are left out. */
function recorded(version: string, name: keyof z.infer<typeof Recorded>): string {
  const text = readFileSync(new URL(`recorded/${version}.json`, import.meta.url), "utf8");
  return JSON.stringify(Recorded.parse(JSON.parse(text))[name]);
}

function read(text: string): readonly ShownJob[] | undefined {
  const reply = { request: "GET job/1", status: 200, text };
  return readRestJobs(reply, readEnvelope(reply));
}

/** The same answer with other fields. */
function edited(text: string, fields: Readonly<Record<string, unknown>>): string {
  const answer = z.looseObject({ jobs: z.array(z.looseObject({})) }).parse(JSON.parse(text));
  return JSON.stringify({ ...answer, jobs: answer.jobs.map((job) => ({ ...job, ...fields })) });
}

describe.each(["v0.0.38", "v0.0.40", "v0.0.41", "v0.0.42"])("jobs as %s gives them", (version) => {
  test("an array: each task that runs, and each that waits", () => {
    const jobs = read(recorded(version, "array")) ?? [];
    const array = jobs[0]?.nativeId.split("_")[0];
    const byTask = jobs
      .map(({ nativeId, state, reason }) => [nativeId, state, reason])
      .toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
    expect(byTask).toEqual([
      [`${array}_0`, "RUNNING", undefined],
      [`${array}_1`, "RUNNING", undefined],
      ...[2, 3, 4, 5].map((task) => [`${array}_${task}`, "PENDING", "JobArrayTaskLimit"]),
    ]);
    const running = jobs.find(({ state }) => state === "RUNNING");
    expect(running).toMatchObject({ name: "arr", partition: "cpu", nodes: "cpu-0", restarts: 0 });
    expect(running?.startTime).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(jobs.find(({ state }) => state === "PENDING")).not.toHaveProperty("nodes");
  });

  test("jobs that a signal ended, that failed, and that were cancelled, with how", () => {
    expect(read(recorded(version, "signalled"))).toMatchObject([{ state: "FAILED", exit: { status: 0, signal: 9 } }]);
    expect(read(recorded(version, "failed"))).toMatchObject([
      { state: "FAILED", reason: "NonZeroExitCode", exit: { status: 3, signal: 0 } },
    ]);
    expect(read(recorded(version, "cancelled"))).toMatchObject([
      { state: "CANCELLED", exit: { status: 0, signal: 15 } },
    ]);
  });

  test("a job that is held has no times but that of its submission", () => {
    const [held] = read(recorded(version, "held")) ?? [];
    expect(held).toMatchObject({ state: "PENDING", reason: "JobHeldUser", name: "held" });
    expect(held).toHaveProperty("submitTime");
    expect(held).not.toHaveProperty("startTime");
    expect(held).not.toHaveProperty("endTime");
  });

  test("a job that is unknown is an error of its own number", () => {
    const envelope = readEnvelope({ request: "GET job/9", status: 500, text: recorded(version, "unknown") });
    expect(restErrorNumbers(envelope)).toEqual([2017]);
    expect(restWords(envelope)).toContain("Invalid job id specified");
  });
});

describe("jobs, whatever the version", () => {
  const one = recorded("v0.0.42", "failed");

  test("v0.0.39 has a word for the state and a number for the exit", () => {
    expect(read(edited(one, { job_state: "FAILED", exit_code: 768 }))).toMatchObject([
      { state: "FAILED", exit: { status: 3, signal: 0 } },
    ]);
  });

  test("of a state and its flags the one is shown that squeue shows", () => {
    const shown = (...job_state: string[]): unknown => read(edited(one, { job_state }))?.[0]?.state;
    expect(shown("RUNNING", "COMPLETING")).toBe("COMPLETING");
    expect(shown("CANCELLED", "COMPLETING")).toBe("COMPLETING");
    expect(shown("PENDING", "REQUEUED")).toBe("REQUEUED");
    expect(shown("RUNNING", "CONFIGURING")).toBe("CONFIGURING");
    expect(shown("TIMEOUT")).toBe("TIMEOUT");
    expect(shown("COMPLETED", "SOME_FLAG_OF_TOMORROW")).toBe("COMPLETED");
  });

  test("a field that is new, or one more, does no harm", () => {
    expect(read(edited(one, { steps: { a: [1] }, segment_size: "" }))).toEqual(read(one));
  });

  test("a heterogeneous job is left to squeue", () => {
    expect(read(edited(one, { het_job_id: { set: true, infinite: false, number: 7 } }))).toBeUndefined();
    expect(read(edited(one, { het_job_id: 7 }))).toBeUndefined();
  });

  test.each([
    ["no list of jobs", '{"errors":[]}'],
    ["a job without an id", edited(one, { job_id: "x" })],
    ["a state that is none", edited(one, { job_state: 5 })],
  ])("%s cannot be read", (_, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: "REPLY_UNREADABLE" }));
  });

  test("a state that Slurm has not yet is an error too, and not some other state", () => {
    expect(() => read(edited(one, { job_state: ["DREAMING"] }))).toThrow(
      expect.objectContaining({ code: "REPLY_UNREADABLE" }),
    );
  });
});
