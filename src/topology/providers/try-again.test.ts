import { expect, test } from "vitest";
import type { Clock } from "../../jobs/clock.ts";
import { tryAgain } from "./try-again.ts";

const isPassing = (error: unknown): boolean => error instanceof Error && error.message === "later";

test("a failure that passes is waited out, ever longer, and five tries are all", async () => {
  const { waits, clock } = recordingClock();
  const { signal } = new AbortController();
  let left = 4;
  const attempt = async (): Promise<string> => {
    if (left-- > 0) throw new Error("later");
    return "done";
  };
  expect(await tryAgain(attempt, { clock, signal, isPassing })).toBe("done");
  expect(waits).toEqual([500, 1000, 2000, 4000]);
  left = 5;
  await expect(tryAgain(attempt, { clock, signal, isPassing })).rejects.toThrow("later");
  expect(left).toBe(0);
});

test("a failure that does not pass is thrown at once", async () => {
  const { waits, clock } = recordingClock();
  const { signal } = new AbortController();
  await expect(tryAgain(() => Promise.reject(new Error("never")), { clock, signal, isPassing })).rejects.toThrow(
    "never",
  );
  expect(waits).toEqual([]);
});

test("a wait ends with the signal", async () => {
  const stop = new AbortController();
  const reason = new Error("stopped");
  const clock: Clock = { now: () => 0, sleep: async () => stop.abort(reason) };
  const attempt = () => Promise.reject(new Error("later"));
  await expect(tryAgain(attempt, { clock, signal: stop.signal, isPassing })).rejects.toBe(reason);
});

function recordingClock() {
  const waits: number[] = [];
  const clock: Clock = { now: () => 0, sleep: async (milliseconds) => void waits.push(milliseconds) };
  return { waits, clock };
}
