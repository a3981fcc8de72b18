import { ulid } from "ulid";
import { describe, expect, test } from "vitest";
import type { WithStore } from "./store.contract.ts";
import { acceptOne, lease, newJob, submitOne, until } from "./store-fixture.contract.ts";

/** Who may write for a cluster. */
export function describeStoreLeases(withStore: WithStore): void {
  describe("leases", () => {
    test("one holder at a time has the lease, and each has a greater number", () =>
      withStore(async (store, fixture) => {
        await using other = await fixture.open();
        const taken = await Promise.all([
          store.acquireLease("alpha", "one", 60_000),
          other.acquireLease("alpha", "two", 60_000),
        ]);
        const [first, none] = taken.toSorted((a, b) => (a === undefined ? 1 : b === undefined ? -1 : 0));
        if (first === undefined) throw new Error("nobody has the lease");
        expect(none).toBeUndefined();
        expect(await store.leases()).toEqual([first]);
        await store.releaseLease(first);
        expect(await store.leases()).toEqual([]);
        const next = await store.acquireLease("alpha", "three", 60_000);
        expect(next?.token).toBeGreaterThan(first.token);
        expect(await store.renewLease(first, 60_000)).toBeUndefined();
      }));

    test("a lease that ran out goes to who asks, and its writes are refused from then on", () =>
      withStore(async (store) => {
        const old = await store.acquireLease("alpha", "one", 1);
        if (old === undefined) throw new Error("nobody has the lease");
        const job = await submitOne(store, old, "12");
        await until(async () => (await store.acquireLease("alpha", "two", 60_000)) !== undefined);
        const sighting = { jobId: job.id, job: { state: "running", rawState: "RUNNING" } } as const;
        const busy = { code: "CLUSTER_BUSY" };
        await expect(store.applySightings([sighting], old)).rejects.toMatchObject(busy);
        await expect(store.recordSubmitted([], old)).rejects.toMatchObject(busy);
        await expect(store.markFreshness("stale", old)).rejects.toMatchObject(busy);
        const move = { jobId: job.id, version: job.version, to: "running", fence: old } as const;
        await expect(store.move(move)).rejects.toMatchObject(busy);
        expect(await store.get(job.id)).toEqual(job);
      }));

    test("a lease that ran out and that nobody took can be renewed", () =>
      withStore(async (store) => {
        const old = await store.acquireLease("alpha", "one", 0);
        if (old === undefined) throw new Error("nobody has the lease");
        expect(await store.leases()).toEqual([]);
        expect(await store.renewLease(old, 60_000)).toMatchObject({ token: old.token });
        expect(await store.acquireLease("alpha", "two", 60_000)).toBeUndefined();
      }));

    test("the heir of a dead holder need not wait; of two heirs one gets the lease", () =>
      withStore(async (store, fixture) => {
        await using other = await fixture.open();
        const dead = await store.acquireLease("alpha", "dead", 60_000);
        if (dead === undefined) throw new Error("nobody has the lease");
        const heirs = await Promise.all([
          store.acquireLease("alpha", "one", 60_000, { heirOf: dead }),
          other.acquireLease("alpha", "two", 60_000, { heirOf: dead }),
        ]);
        const taken = heirs.filter((heir) => heir !== undefined);
        expect(taken).toHaveLength(1);
        expect(taken[0]?.token).toBeGreaterThan(dead.token);
        await expect(store.recordSubmitted([], dead)).rejects.toMatchObject({ code: "CLUSTER_BUSY" });
        expect(await store.acquireLease("alpha", "three", 60_000, { heirOf: dead })).toBeUndefined();
      }));

    test("the same holder begins anew with a greater number", () =>
      withStore(async (store) => {
        const first = await lease(store);
        const second = await lease(store);
        expect(second.token).toBeGreaterThan(first.token);
        await expect(store.recordSubmitted([], first)).rejects.toMatchObject({ code: "CLUSTER_BUSY" });
      }));
  });
}

/** Bearer tokens. */
export function describeStoreTokens(withStore: WithStore): void {
  test("tokens are kept by their hash and revoked once", () =>
    withStore(async (store) => {
      const token = {
        id: ulid(),
        hash: "ab".repeat(32),
        scope: "operator",
        subject: "ada",
        label: "laptop",
        createdAt: "2026-01-01T00:00:00.000Z",
        expiresAt: "2027-01-01T00:00:00.000Z",
      } as const;
      await store.addToken(token);
      expect(await store.findToken(token.hash)).toEqual(token);
      expect(await store.findToken("cd".repeat(32))).toBeUndefined();
      const revoked = await store.revokeToken(token.id);
      expect(revoked?.revokedAt).toBeDefined();
      expect(await store.revokeToken(token.id)).toEqual(revoked);
      expect(await store.tokens()).toEqual([revoked]);
      expect(await store.revokeToken("none")).toBeUndefined();
    }));
}

/** How what is old goes. */
export function describeStorePruning(withStore: WithStore): void {
  describe("pruning", () => {
    const future = "2100-01-01T00:00:00.000Z";

    test("ended jobs go, those that live or that a key of today names stay", () =>
      withStore(async (store) => {
        const gone = await acceptOne(store, { labels: { a: "b" } });
        const keyed = await acceptOne(store, { idempotency: { key: "k", hash: "1" } });
        const living = await acceptOne(store);
        await store.requestCancel(gone.id);
        await store.requestCancel(keyed.id);
        expect(await store.prune({ jobsEndedBefore: future, keysBefore: future })).toEqual({
          jobs: 1,
          keys: 0,
          events: 0,
        });
        expect(await store.get(gone.id)).toBeUndefined();
        expect(await store.submissionOf(gone.id)).toBeUndefined();
        expect((await store.getAll([living.id, gone.id, keyed.id])).map(({ id }) => id)).toEqual([living.id, keyed.id]);
        const [again] = await store.accept([newJob({ idempotency: { key: "k", hash: "1" } })]);
        expect(again).toMatchObject({ isNew: false, job: { id: keyed.id } });
      }));

    test("who comes for events that are gone is told", () =>
      withStore(async (store) => {
        for (let count = 0; count < 10; count++) await acceptOne(store);
        expect(await store.prune({ keepEvents: 4 })).toEqual({ jobs: 0, keys: 0, events: 6 });
        expect(await store.eventsAfter(5, { limit: 100 })).toMatchObject({ missed: true });
        const page = await store.eventsAfter(6, { limit: 100 });
        expect(page).toMatchObject({ missed: false, cursor: 10 });
        expect(page.events.map(({ seq }) => seq)).toEqual([7, 8, 9, 10]);
        expect(await store.prune({ eventsBefore: future })).toMatchObject({ events: 4 });
        expect(await store.eventsAfter(10, { limit: 1 })).toEqual({ events: [], cursor: 10, missed: false });
        expect((await acceptOne(store)).position).toBe(11);
      }));
  });
}
