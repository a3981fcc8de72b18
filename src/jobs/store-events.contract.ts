import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WithStore } from "./store.contract.ts";
import type { JobStore } from "./store.ts";
import { acceptOne, eventsSince, newJob, until } from "./store-fixture.contract.ts";

/** Reads events from the beginning for as long as others write, and then to the end. */
async function readAlong(store: JobStore, writing: Promise<unknown>): Promise<readonly number[]> {
  const seqs: number[] = [];
  let over = false;
  const end = writing.finally(() => (over = true));
  for (let after = 0; ;) {
    const wasOver = over;
    const { events, cursor } = await store.eventsAfter(after, { limit: 7 });
    seqs.push(...events.map(({ seq }) => seq));
    if (wasOver && events.length === 0) break;
    after = cursor;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await end;
  return seqs;
}

/** The log of events. */
export function describeStoreEvents(withStore: WithStore): void {
  describe("events", () => {
    test("a reader sees each event once and in order while several processes write", () =>
      withStore(async (store, fixture) => {
        await using second = await fixture.open();
        await using reader = await fixture.open();
        const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 12 });
        let total = 0;
        await fc.assert(
          fc.asyncProperty(sizes, async (batches) => {
            total += batches.reduce((sum, size) => sum + size, 0);
            const writing = Promise.all(
              batches.map(async (size, index) => {
                const writer = index % 2 === 0 ? store : second;
                await writer.accept(Array.from({ length: size }, () => newJob()));
              }),
            );
            expect(await readAlong(reader, writing)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
          }),
          { numRuns: 15 },
        );
      }));

    test("a write that failed leaves no gap", () =>
      withStore(async (store) => {
        const { id: jobId } = await acceptOne(store);
        await expect(
          store.moveAll([
            { jobId, version: 1, to: "submitting" },
            { jobId, version: 2, to: "accepted" },
            { jobId, version: 3, to: "running" },
          ]),
        ).rejects.toThrow("cannot go");
        await acceptOne(store);
        expect((await eventsSince(store)).map(({ seq }) => seq)).toEqual([1, 2]);
      }));

    test("a filter leaves out what it does not name, and the cursor goes on all the same", () =>
      withStore(async (store) => {
        const ada = await acceptOne(store);
        await acceptOne(store, { owner: "bob", cluster: "beta" });
        await store.requestCancel(ada.id);
        const seqs = async (filter: object): Promise<readonly number[]> => {
          const page = await store.eventsAfter(0, { filter, limit: 10 });
          expect(page.cursor).toBe(4);
          return page.events.map(({ seq }) => seq);
        };
        expect(await seqs({ jobId: ada.id })).toEqual([1, 3, 4]);
        expect(await seqs({ owner: "bob" })).toEqual([2]);
        expect(await seqs({ clusters: ["beta"] })).toEqual([2]);
        expect(await seqs({ types: ["state"] })).toEqual([4]);
        const first = await store.eventsAfter(0, { filter: { owner: "ada" }, limit: 2 });
        expect(first).toMatchObject({ cursor: 3, missed: false });
        expect(await store.eventsAfter(9, { limit: 10 })).toEqual({ events: [], cursor: 4, missed: true });
      }));

    test("listeners hear of what this and other processes write", () =>
      withStore(async (store, fixture) => {
        await using other = await fixture.open();
        const heard = { here: 0, there: 0 };
        using _here = store.subscribe((last) => (heard.here = last));
        using _there = other.subscribe((last) => (heard.there = last));
        for (let count = 1; count <= 3; count++) {
          await acceptOne(store);
          await until(() => heard.here === count && heard.there === count);
        }
        expect(heard).toEqual({ here: 3, there: 3 });
      }));

    test("a listener that was taken away hears nothing more", () =>
      withStore(async (store) => {
        let heard = 0;
        const listening = store.subscribe((last) => (heard = last));
        await acceptOne(store);
        await until(() => heard === 1);
        listening[Symbol.dispose]();
        let still = 0;
        using _other = store.subscribe((last) => (still = last));
        await acceptOne(store);
        await until(() => still === 2);
        expect(heard).toBe(1);
      }));
  });
}
