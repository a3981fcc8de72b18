import { describe, expect, test } from "vitest";
import type { NewTopologyRecord, TopologyBounds, TopologyStore } from "./topology-store.ts";

const one: NewTopologyRecord = {
  id: "c084c78a61a266a9",
  provider: "test",
  engine: "slurm",
  nodes: 3,
  createdMs: 1_000,
  holder: "me",
};

/** Small enough to be reached soon. */
const bounds: TopologyBounds = { records: 12, answers: 5 };

/** What every history of requests for topology does. */
export function describeTopologyStore(
  name: string,
  open: (bounds: TopologyBounds) => Promise<{ readonly store: TopologyStore; readonly close: () => PromiseLike<void> }>,
): void {
  const withStore = async (work: (store: TopologyStore) => Promise<void>): Promise<void> => {
    const { store, close } = await open(bounds);
    try {
      await work(store);
    } finally {
      await close();
    }
  };

  describe(`history of topology: ${name}`, () => {
    test("requests are numbered from 1, also those of one id that come together", () =>
      withStore(async (store) => {
        const numbers = await Promise.all([store.add(one), store.add(one), store.add({ ...one, id: "b" })]);
        expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
        expect(await store.get(1)).toMatchObject({ number: 1, provider: "test", state: "waiting", attempts: 0 });
        expect(await store.get(4)).toBeUndefined();
      }));

    test("what a change names is changed, what it clears is gone, the rest stays", () =>
      withStore(async (store) => {
        const number = await store.add(one);
        await store.change([number], {
          state: "retrying",
          attempts: 1,
          status: 502,
          reason: "it does not answer",
          startedMs: 2_000,
          nextAttemptMs: 4_000,
        });
        const { holder: _holder, ...kept } = one;
        expect(await store.get(number)).toEqual({
          ...kept,
          number,
          state: "retrying",
          attempts: 1,
          status: 502,
          reason: "it does not answer",
          startedMs: 2_000,
          nextAttemptMs: 4_000,
        });
        expect(await store.answer(number)).toBeUndefined();
        const done = { state: "done", attempts: 2, status: 200, endedMs: 5_000 } as const;
        await store.change([number], { ...done, reason: undefined, nextAttemptMs: undefined, body: "a\n" });
        expect(await store.get(number)).toEqual({ ...kept, number, startedMs: 2_000, ...done });
        expect(await store.answer(number)).toEqual({ status: 200, body: "a\n" });
      }));

    test("an answer may be empty, and holds what the wire holds", () =>
      withStore(async (store) => {
        const [empty, odd] = [await store.add(one), await store.add(one)];
        await store.change([empty], { state: "done", status: 200, body: "" });
        await store.change([odd], { state: "failed", status: 502, body: "é 😀 \u2028" });
        expect(await store.answer(empty)).toEqual({ status: 200, body: "" });
        expect(await store.answer(odd)).toEqual({ status: 502, body: "é 😀 \u2028" });
      }));

    test("lists begin with the newest, and go on before a number, of one id or of all", () =>
      withStore(async (store) => {
        for (const id of ["a", "b", "a", "b"]) await store.add({ ...one, id });
        const numbers = async (listing: Parameters<TopologyStore["list"]>[0]): Promise<readonly number[]> =>
          (await store.list(listing)).map(({ number }) => number);
        expect(await numbers({ limit: 3 })).toEqual([4, 3, 2]);
        expect(await numbers({ limit: 3, before: 2 })).toEqual([1]);
        expect(await numbers({ limit: 3, id: "a" })).toEqual([3, 1]);
        expect(await numbers({ limit: 3, id: "a", before: 3 })).toEqual([1]);
      }));

    test("of each id the newest answer counts, and none where a newer request is not answered", () =>
      withStore(async (store) => {
        const add = async (id: string, body: string | undefined): Promise<number> => {
          const number = await store.add({ ...one, id });
          if (body !== undefined) await store.change([number], { state: "done", status: 200, body });
          return number;
        };
        await add("a", "old");
        await add("b", "only");
        await add("a", "new");
        await add("c", "before");
        await add("c", undefined);
        await store.change([await add("b", undefined)], { state: "superseded", reason: "another came" });
        expect(await store.latestAnswers(10)).toEqual([
          { id: "a", status: 200, body: "new" },
          { id: "b", status: 200, body: "only" },
        ]);
        expect(await store.latestAnswers(1)).toHaveLength(1);
      }));

    test("what has not ended is told with who answers for it", () =>
      withStore(async (store) => {
        const [first, second] = [await store.add(one), await store.add({ ...one, holder: "another" })];
        await store.change([await store.add(one)], { state: "lost" });
        expect(await store.unfinished()).toEqual([
          { number: first, holder: "me" },
          { number: second, holder: "another" },
        ]);
      }));

    test("records and answers are kept up to their bounds", () =>
      withStore(async (store) => {
        const numbers: number[] = [];
        for (let count = 0; count < bounds.records + 5; count++) numbers.push(await store.add(one));
        const [gone, kept] = [numbers[4] ?? 0, numbers[5] ?? 0];
        expect(await store.get(gone)).toBeUndefined();
        expect(await store.get(kept)).toBeDefined();
        const last = numbers.at(-1) ?? 0;
        const [old, young] = [last - bounds.answers, last - bounds.answers + 1];
        await store.change([gone, old, young], { state: "done", status: 200, body: "x" });
        expect(await store.answer(gone)).toBeUndefined();
        expect(await store.answer(old)).toBeUndefined();
        expect(await store.answer(young)).toEqual({ status: 200, body: "x" });
        await store.add(one);
        expect(await store.answer(young)).toBeUndefined();
        expect((await store.list({ limit: bounds.records * 2 })).length).toBe(bounds.records);
      }));
  });
}
