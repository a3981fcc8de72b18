/** Task functions whose calls tests make in a job's folder; see `job-in-folder.ts`. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JobContext, observe, task } from "../src/sdk/in-job/entry.ts";

const inFolder = (name: string): string => join(JobContext.current().outputDir, name);

observe({
  onRunStart: ({ task: id }) => writeFileSync(inFolder("observed"), `${id} began\n`),
  onRunEnd: () => {
    throw new Error("an observer fails");
  },
});

export const add = task({ id: "add" }, (left: number, right: number) => left + right);

export const echo = task({ id: "echo" }, (...values: readonly unknown[]) => values);

export const fail = task({ id: "fail" }, () => {
  throw Object.assign(new RangeError("too far", { cause: new Error("the wheel came off") }), { code: "E_FAR" });
});

export const bytes = task({ id: "bytes" }, (...lengths: readonly number[]) =>
  lengths.map((length) => new Uint8Array(length).fill(7)),
);

export const unsendable = task({ id: "unsendable" }, () => ({ model: { loss: () => 1 } }));

export const leaves = task({ id: "leaves" }, (status: number) => process.exit(status));

export const neverReturns = task({ id: "never-returns" }, () => new Promise<never>(() => {}));

export const rejectsBeside = task({ id: "rejects-beside" }, async () => {
  void Promise.reject(new Error("nobody caught this"));
  await sleep(60_000);
});

export const keepsTimer = task({ id: "keeps-timer" }, () => {
  setInterval(() => {}, 1_000);
  return "done all the same";
});

export const context = task({ id: "context" }, () => {
  const { attempt, arrayIndex, rank, worldSize, hostnames, outputDir } = JobContext.current();
  return { attempt, arrayIndex, rank, worldSize, hostnames, outputDir, again: process.env["AGAIN"] };
});

export const untilStopped = task({ id: "until-stopped" }, async () => {
  const { signal } = JobContext.current();
  writeFileSync(inFolder("ready"), "");
  await sleep(600_000, undefined, { signal }).catch(() => {
    writeFileSync(inFolder("aborted"), String(signal.reason));
  });
  throw signal.reason;
});

export const deaf = task({ id: "deaf" }, async () => {
  writeFileSync(inFolder("ready"), "");
  await sleep(600_000);
});

/** Fails until it has been called so many times. */
export const atLast = task({ id: "at-last" }, (times: number) => {
  const { attempt } = JobContext.current();
  if (attempt < times) throw new Error(`attempt ${attempt}`);
  return attempt;
});

/** Leaves a value the first time, and none the second. */
export const once = task({ id: "once" }, async () => {
  if (!existsSync(inFolder("ran"))) {
    writeFileSync(inFolder("ran"), "");
    return "a value of the first run";
  }
  writeFileSync(inFolder("ready"), "");
  await sleep(600_000);
  return "";
});

/** Is killed the first time, as a process that takes too much memory is. */
export const takesTooMuch = task({ id: "takes-too-much" }, async () => {
  const { attempt } = JobContext.current();
  if (attempt === 1) process.kill(process.pid, "SIGKILL");
  await sleep(1);
  return attempt;
});
