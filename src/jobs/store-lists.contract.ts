import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WithStore } from "./store.contract.ts";
import { jobSortKeys, type JobListing, type JobStore } from "./store.ts";
import { acceptOne, lease, newJob, submitOne } from "./store-fixture.contract.ts";

/** The jobs that all pages of a list give; `between` runs after each page. */
async function readPages(
  store: JobStore,
  listing: Omit<JobListing, "cursor">,
  between: () => Promise<void> = async () => {},
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ;) {
    const { jobs, next } = await store.list({ ...listing, ...(cursor !== undefined && { cursor }) });
    ids.push(...jobs.map(({ id }) => id));
    if (next === undefined) return ids;
    cursor = next;
    await between();
  }
}

/** How a store lists jobs. */
export function describeStoreLists(withStore: WithStore): void {
  describe("lists", () => {
    test("every job stands on exactly one page, whatever is accepted meanwhile", () =>
      withStore(async (store) => {
        const names = fc.constantFrom("a", "b", "B", "ä", "a b");
        const cases = fc.record({
          names: fc.array(names, { minLength: 1, maxLength: 12 }),
          limit: fc.integer({ min: 1, max: 5 }),
          sort: fc.constantFrom(...jobSortKeys),
          order: fc.constantFrom("ascending" as const, "descending" as const),
        });
        let round = 0;
        await fc.assert(
          fc.asyncProperty(cases, async ({ names: given, limit, sort, order }) => {
            const owner = `owner-${(round += 1)}`;
            const asked = given.map((name) => newJob({ name, owner }));
            await store.accept(asked);
            let inserted = 0;
            const ids = await readPages(store, { owner, limit, sort, order }, async () => {
              if ((inserted += 1) <= 10) await acceptOne(store, { owner, name: "b" });
            });
            expect(new Set(ids).size).toBe(ids.length);
            expect(ids).toEqual(expect.arrayContaining(asked.map(({ id }) => id)));
          }),
          { numRuns: 40 },
        );
      }));

    test("pages of any length make the same list as one page", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        for (let index = 0; index < 8; index++) {
          const { id: jobId } = await submitOne(store, fence, `${index}`, { name: `n${index % 3}` });
          if (index % 2 === 0) continue;
          const startedAt = `2026-01-01T00:00:0${(index * 7) % 10}.000Z`;
          await store.applySightings([{ jobId, job: { state: "running", rawState: "RUNNING", startedAt } }], fence);
        }
        for (const sort of jobSortKeys) {
          for (const order of ["ascending", "descending"] as const) {
            const whole = (await store.list({ limit: 1_000, sort, order })).jobs.map(({ id }) => id);
            expect(whole).toHaveLength(8);
            for (const limit of [1, 3, 8]) expect(await readPages(store, { limit, sort, order })).toEqual(whole);
          }
        }
        const byStart = (await store.list({ limit: 4, sort: "started" })).jobs.map(({ startedAt }) => startedAt ?? "");
        expect(byStart).toEqual(byStart.toSorted().reverse());
        expect(byStart).not.toContain("");
      }));

    test("a filter takes what it names, all of its parts together", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const wanted = await submitOne(store, fence, "1", { owner: "bob", name: "x", labels: { a: "1", b: "2" } });
        await submitOne(store, fence, "2", { owner: "bob", name: "x", labels: { a: "1", b: "3" } });
        await acceptOne(store, { owner: "bob", name: "x", labels: { a: "1", b: "2" } });
        await acceptOne(store, { owner: "bob", name: "x", labels: { a: "1", b: "2" }, cluster: "beta" });
        await acceptOne(store, { owner: "ada", name: "y" });
        const list = async (filter: Omit<JobListing, "limit">): Promise<number> =>
          (await store.list({ ...filter, limit: 100 })).jobs.length;
        expect(await list({ labels: { a: "1" } })).toBe(4);
        expect(await list({ labels: { a: "1", b: "2" } })).toBe(3);
        expect(await list({ clusters: ["beta", "gamma"] })).toBe(1);
        expect(await list({ clusters: [] })).toBe(0);
        expect(await list({ states: ["pending", "running"] })).toBe(2);
        expect(await list({ name: "y" })).toBe(1);
        expect(await list({ acceptedFrom: wanted.acceptedAt })).toBe(5);
        expect(await list({ acceptedBefore: wanted.acceptedAt })).toBe(0);
        const all = { owner: "bob", name: "x", clusters: ["alpha"], states: ["pending"], labels: { b: "2" } } as const;
        expect((await store.list({ ...all, limit: 100 })).jobs).toEqual([wanted]);
        expect(await store.count({ owner: "bob" })).toEqual({ pending: 2, accepted: 2 });
      }));

    test("hostile words are words", () =>
      withStore(async (store) => {
        const word = `'; drop table job; -- " % _ \\ 💥`;
        const job = await acceptOne(store, { owner: word, name: word, cluster: word, labels: { [word]: word } });
        const filter = { owner: word, name: word, clusters: [word], labels: { [word]: word }, limit: 5 };
        expect((await store.list(filter)).jobs).toEqual([job]);
        expect((await store.list({ ...filter, name: "%" })).jobs).toEqual([]);
        for (const part of [{ owner: "\0" }, { clusters: ["\0"] }, { labels: { "\0": "\0" } }]) {
          expect((await store.list({ ...filter, ...part })).jobs).toEqual([]);
        }
        expect(await store.get("\0")).toBeUndefined();
        expect(await store.byNativeId("\0", ["\0"])).toEqual(new Map());
      }));

    test("a cursor that is none, or of another list, is refused", () =>
      withStore(async (store) => {
        await store.accept([newJob(), newJob()]);
        const { next } = await store.list({ limit: 1 });
        const wrong = { code: "INPUT_INVALID", details: { field: "cursor" } };
        const cursors = ["", "x", "e30", Buffer.from('{"sort":"name"}').toString("base64url")];
        for (const cursor of cursors) await expect(store.list({ limit: 1, cursor })).rejects.toMatchObject(wrong);
        await expect(store.list({ limit: 1, cursor: next ?? "", sort: "name" })).rejects.toMatchObject(wrong);
        for (const limit of [0, 1.5, 1_001, Number.NaN]) {
          await expect(store.list({ limit })).rejects.toMatchObject({ code: "INPUT_INVALID" });
        }
        await expect(store.list({ limit: 1, acceptedFrom: "soon" })).rejects.toMatchObject({
          details: { field: "acceptedFrom" },
        });
      }));
  });
}
