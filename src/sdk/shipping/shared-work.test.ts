import { expect, test } from "vitest";
import { SharedWork } from "./shared-work.ts";

test("work is done once for all who ask while it is done, and again for who asks later", async () => {
  const work = new SharedWork<number>();
  let done = 0;
  const ask = (): Promise<number> => work.do("key", undefined, async () => (done += 1));
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  expect(await ask()).toBe(2);
});

test("who aborts waits no longer; the work is told to stop when nobody waits, and starts anew for the next", async () => {
  const work = new SharedWork<string>();
  const told: boolean[] = [];
  const [first, second] = [new AbortController(), new AbortController()];
  const forever = (signal: AbortSignal): Promise<string> =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const run = (signal: AbortSignal): Promise<string> => {
    signal.addEventListener("abort", () => told.push(true));
    return forever(signal);
  };
  const asked = [work.do("key", first.signal, run), work.do("key", second.signal, run)];
  first.abort(new Error("first"));
  await expect(asked[0]).rejects.toThrow("first");
  expect(told).toEqual([]);
  second.abort(new Error("second"));
  await expect(asked[1]).rejects.toThrow("second");
  expect(told).toEqual([true]);
  expect(await work.do("key", undefined, async () => "anew")).toBe("anew");
});

test("a failure reaches all who wait, and the next tries again", async () => {
  const work = new SharedWork<string>();
  const fail = async (): Promise<string> => Promise.reject(new Error("no"));
  const settled = await Promise.allSettled([work.do("key", undefined, fail), work.do("key", undefined, fail)]);
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await work.do("key", undefined, async () => "yes")).toBe("yes");
});
