import { expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import type { ClusterInventory } from "../../schema/cluster-inventory.ts";
import { CachedInventory } from "./cached-inventory.ts";

const never = new AbortController().signal;
const nothing: ClusterInventory = { nodes: [], partitions: [] };

/** A cluster whose answers and whose time the test gives out. */
function made() {
  let now = 0;
  const questions: { resolve(inventory: ClusterInventory): void; reject(error: Error): void }[] = [];
  let impatient = (): void => {};
  const cache = new CachedInventory({
    clock: {
      now: () => now,
      sleep: (_, signal) =>
        new Promise((resolve) => {
          impatient = resolve;
          signal.addEventListener("abort", () => resolve(), { once: true });
        }),
    },
    ask: (signal) =>
      new Promise((resolve, reject) => {
        questions.push({ resolve, reject });
        signal.addEventListener("abort", () => reject(new SluiceError("CANCELLED", "stopped")), { once: true });
      }),
  });
  return {
    cache,
    questions,
    pass: (milliseconds: number): void => void (now += milliseconds),
    losePatience: () => impatient(),
  };
}

test("a thousand readers cost the cluster one question, and later ones none until the answer is ten seconds old", async () => {
  const { cache, questions, pass } = made();
  const readers = Array.from({ length: 1_000 }, () => cache.read(never));
  questions[0]?.resolve(nothing);
  expect(new Set((await Promise.all(readers)).map(({ asOf, stale }) => `${asOf} ${stale}`))).toEqual(
    new Set(["1970-01-01T00:00:00.000Z false"]),
  );
  pass(9_999);
  await cache.read(never);
  expect(questions).toHaveLength(1);
  pass(1);
  const again = cache.read(never);
  expect(questions).toHaveLength(2);
  questions[1]?.resolve(nothing);
  expect(await again).toMatchObject({ asOf: "1970-01-01T00:00:10.000Z", stale: false });
});

test("a cluster that does not answer leaves what it said before, marked as stale, and is not asked more often", async () => {
  const { cache, questions, pass } = made();
  const first = cache.read(never);
  questions[0]?.resolve(nothing);
  await first;
  pass(20_000);
  const second = cache.read(never);
  questions[1]?.reject(new SluiceError("CLUSTER_UNREACHABLE", "slurmctld is away"));
  const stale = { asOf: "1970-01-01T00:00:00.000Z", stale: true, message: "slurmctld is away" };
  expect(await second).toMatchObject(stale);
  pass(5_000);
  expect(await cache.read(never)).toMatchObject(stale);
  expect(questions).toHaveLength(2);
});

test("who has an older answer does not wait long for a slow cluster", async () => {
  const { cache, questions, pass, losePatience } = made();
  const first = cache.read(never);
  questions[0]?.resolve(nothing);
  await first;
  pass(20_000);
  const second = cache.read(never);
  losePatience();
  expect(await second).toMatchObject({ asOf: "1970-01-01T00:00:00.000Z", stale: true });
});

test("a cluster that has never answered is an error, until it does", async () => {
  const { cache, questions, pass } = made();
  const first = cache.read(never);
  questions[0]?.reject(new SluiceError("CLUSTER_UNREACHABLE", "away"));
  await expect(first).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
  pass(10_000);
  const second = cache.read(never);
  questions[1]?.resolve(nothing);
  expect(await second).toMatchObject({ stale: false });
});

test("a reader that goes away ends its own wait alone, and the end of the cache ends the question", async () => {
  const { cache, questions } = made();
  const leaving = new AbortController();
  const gone = cache.read(leaving.signal);
  const patient = cache.read(never);
  leaving.abort(new Error("gone"));
  await expect(gone).rejects.toThrow("gone");
  expect(questions).toHaveLength(1);
  await Promise.all([expect(patient).rejects.toMatchObject({ code: "CANCELLED" }), cache[Symbol.asyncDispose]()]);
});
