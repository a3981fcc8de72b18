import { describe, expect, test } from "vitest";
import { ulid } from "ulid";
import type { JobStore } from "./store.ts";
import { describeStoreEvents } from "./store-events.contract.ts";
import { acceptOne, eventsSince, lease, newJob, submitOne, type StoreFixture } from "./store-fixture.contract.ts";
import { describeStoreLists } from "./store-lists.contract.ts";
import { describeStoreSightings } from "./store-sightings.contract.ts";
import { describeStoreLeases, describeStorePruning, describeStoreTokens } from "./store-upkeep.contract.ts";

/** The behaviour of every store. */
export function describeJobStore(name: string, create: () => Promise<StoreFixture>): void {
  const withStore = async (work: (store: JobStore, fixture: StoreFixture) => Promise<void>): Promise<void> => {
    const fixture = await create();
    try {
      await using store = await fixture.open();
      await work(store, fixture);
    } finally {
      await fixture.close();
    }
  };

  describe(`job store: ${name}`, () => {
    describeAccepting(withStore);
    describeMoving(withStore);
    describeStoreLeases(withStore);
    describeStoreTokens(withStore);
    describeStorePruning(withStore);
    describeStoreSightings(withStore);
    describeStoreLists(withStore);
    describeStoreEvents(withStore);
  });
}

/** Runs a test with an empty store, and with the means to open it once more. */
export type WithStore = (work: (store: JobStore, fixture: StoreFixture) => Promise<void>) => Promise<void>;

function describeAccepting(withStore: WithStore): void {
  describe("accepting", () => {
    test("a job keeps the Unix user that it was accepted with", () =>
      withStore(async (store, fixture) => {
        const asked = newJob({ user: "ada.l" });
        const plain = await acceptOne(store);
        await store.accept([asked]);
        await store.accept([{ ...asked, user: "mallory" }]);
        const mark = await lease(store);
        await store.move({ jobId: asked.id, version: 1, to: "submitting", fence: mark });
        await store.recordSubmitted([{ jobId: asked.id, nativeId: "7", directory: "/jobs/7" }], mark);
        await using other = await fixture.open();
        expect(await other.get(asked.id)).toMatchObject({ user: "ada.l", state: "pending" });
        expect(await other.get(plain.id)).not.toHaveProperty("user");
      }));

    test("a job that was accepted is there, whole, and for another process too", () =>
      withStore(async (store, fixture) => {
        const asked = newJob({
          name: 'it\'s "ü" 💥',
          labels: { project: "x", "a.b/c": 'quo"te' },
          submission: {
            script: Buffer.from([0, 255, 10, 39]).toString("base64"),
            args: ["a b", "", "\n", "\0"],
            options: ["--nodes=2", "--exclusive"],
            environment: { KEY: "va'l\nue" },
            workDirectory: "/tmp",
            dependencies: { needs: "all", on: [{ condition: "afterok", jobId: ulid(), delayMinutes: 5 }] },
          },
        });
        const [answer] = await store.accept([asked]);
        await using other = await fixture.open();
        const job = await other.get(asked.id);
        expect(answer).toEqual({ job, isNew: true });
        expect(job).toMatchObject({
          id: asked.id,
          cluster: "alpha",
          owner: "ada",
          name: asked.name,
          labels: asked.labels,
          state: "accepted",
          freshness: "fresh",
          restarts: 0,
          cancelRequested: false,
          version: 1,
        });
        expect(Math.abs(Date.parse(job?.acceptedAt ?? "") - Date.now())).toBeLessThan(60_000);
        expect(await other.submissionOf(asked.id)).toEqual(asked.submission);
      }));

    test("the same key and body answer the same job, another body a conflict", () =>
      withStore(async (store) => {
        const idempotency = { key: "k", hash: "1" };
        const first = await acceptOne(store, { idempotency });
        const [same, other] = await store.accept([
          newJob({ idempotency }),
          newJob({ idempotency: { key: "k", hash: "2" } }),
        ]);
        expect(same).toEqual({ job: first, isNew: false });
        expect(other?.conflict).toMatchObject({ code: "IDEMPOTENCY_CONFLICT", details: { jobId: first.id } });
        expect((await store.list({ limit: 10 })).jobs).toHaveLength(1);
      }));

    test("keys of two owners have nothing to do with each other", () =>
      withStore(async (store) => {
        const idempotency = { key: "k", hash: "1" };
        const ada = await acceptOne(store, { owner: "ada", idempotency });
        const bob = await acceptOne(store, { owner: "bob", idempotency });
        expect(bob.id).not.toBe(ada.id);
      }));

    test("a key that stands twice in a batch makes one job", () =>
      withStore(async (store) => {
        const idempotency = { key: "k", hash: "1" };
        const [first, second] = await store.accept([newJob({ idempotency }), newJob({ idempotency })]);
        expect(first).toMatchObject({ isNew: true });
        expect(second).toMatchObject({ isNew: false, job: first?.conflict === undefined ? first?.job : {} });
      }));

    test("of many who use one key at the same time, in two processes, one makes the job", () =>
      withStore(async (store, fixture) => {
        await using other = await fixture.open();
        const idempotency = { key: "k", hash: "1" };
        const answers = await Promise.all(
          Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? store : other).accept([newJob({ idempotency })])),
        );
        const given = answers.flat().flatMap((answer) => (answer.conflict === undefined ? [answer] : []));
        expect(given).toHaveLength(40);
        expect(given.filter(({ isNew }) => isNew)).toHaveLength(1);
        expect(new Set(given.map(({ job }) => job.id)).size).toBe(1);
      }));

    test("the same id is accepted once, and never for another owner", () =>
      withStore(async (store) => {
        const asked = newJob();
        await store.accept([asked]);
        const [again, stolen] = await store.accept([asked, { ...asked, owner: "eve" }]);
        expect(again).toMatchObject({ isNew: false, job: { id: asked.id } });
        expect(stolen?.conflict).toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
      }));

    test("a name, label or key that no database can keep is refused by its field", () =>
      withStore(async (store) => {
        const cases = [
          [{ name: "a\0b" }, "name"],
          [{ name: "x".repeat(1_001) }, "name"],
          [{ labels: { k: "\0" } }, "labels.k"],
          [{ idempotency: { key: "", hash: "1" } }, "idempotency.key"],
        ] as const;
        for (const [rest, field] of cases) {
          await expect(store.accept([newJob(), newJob(rest)])).rejects.toMatchObject({
            code: "INPUT_INVALID",
            details: { field },
          });
        }
        expect((await store.list({ limit: 10 })).jobs).toEqual([]);
      }));

    test("a batch of a thousand is accepted in order", () =>
      withStore(async (store) => {
        const asked = Array.from({ length: 1_000 }, (_, index) =>
          newJob({ name: `job-${index}`, labels: { n: `${index}` } }),
        );
        const answers = await store.accept(asked);
        expect(answers.map((answer) => (answer.conflict === undefined ? answer.job.id : ""))).toEqual(
          asked.map(({ id }) => id),
        );
        const queued = await store.undispatched("alpha", { state: "accepted", limit: 2_000 });
        expect(queued.map(({ job }) => job.id)).toEqual(asked.map(({ id }) => id));
      }));

    test("who waits is known, the one who waits longest first", () =>
      withStore(async (store) => {
        const first = await acceptOne(store, { owner: "zoe" });
        await acceptOne(store, { owner: "ada" });
        await acceptOne(store, { owner: "zoe" });
        await acceptOne(store, { owner: "zoe", cluster: "beta" });
        expect(await store.waiting("alpha")).toMatchObject([
          { owner: "zoe", jobs: 2, oldestAt: first.acceptedAt },
          { owner: "ada", jobs: 1 },
        ]);
        await acceptOne(store, { owner: "ada", user: "adal" });
        expect((await store.waiting("alpha")).map(({ user, jobs }) => ({ user, jobs }))).toEqual([
          { jobs: 2 },
          { jobs: 1 },
          { user: "adal", jobs: 1 },
        ]);
        const queued = await store.undispatched("alpha", { state: "accepted", owner: "ada", limit: 10 });
        expect(queued.map(({ job }) => job.owner)).toEqual(["ada", "ada"]);
      }));
  });
}

function describeMoving(withStore: WithStore): void {
  describe("moving", () => {
    test("of two who move a job from the same version one wins", () =>
      withStore(async (store, fixture) => {
        await using other = await fixture.open();
        for (let round = 0; round < 10; round++) {
          const { id: jobId, version } = await acceptOne(store);
          const moved = await Promise.all([
            store.move({ jobId, version, to: "submitting" }),
            other.move({ jobId, version, to: "cancelled" }),
          ]);
          const winners = moved.filter((job) => job !== undefined);
          expect(winners).toHaveLength(1);
          expect(await store.get(jobId)).toEqual(winners[0]);
        }
      }));

    test("a move that the table of states forbids is a mistake, and nothing of its batch stays", () =>
      withStore(async (store) => {
        const [first, second] = [await acceptOne(store), await acceptOne(store)];
        const moves = [
          { jobId: first.id, version: 1, to: "submitting" },
          { jobId: second.id, version: 1, to: "running" },
        ] as const;
        await expect(store.moveAll(moves)).rejects.toThrow("cannot go from accepted to running");
        expect(await store.get(first.id)).toEqual(first);
        expect(await eventsSince(store)).toHaveLength(2);
      }));

    test("a rejected job keeps the scheduler's words", () =>
      withStore(async (store) => {
        const { id: jobId } = await acceptOne(store);
        await store.move({ jobId, version: 1, to: "submitting" });
        const error = { code: "SUBMIT_REJECTED", message: "Invalid partition" };
        const job = await store.move({ jobId, version: 2, to: "rejected", error });
        expect(job).toMatchObject({ state: "rejected", error, version: 3 });
        expect(job?.endedAt).toBeDefined();
        expect((await eventsSince(store)).at(-1)).toMatchObject({ type: "rejected", data: error });
      }));

    test("what sbatch answered is noted once", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const job = await submitOne(store, fence, "12", { tasks: [0, 1, 2, 9] });
        expect(job).toMatchObject({
          state: "pending",
          nativeId: "12",
          directory: `/jobs/${job.id}`,
          tasks: [0, 1, 2, 9],
        });
        const again = { jobId: job.id, nativeId: "13", directory: "/other" };
        expect(await store.recordSubmitted([again], fence)).toEqual([job]);
        const { id } = await acceptOne(store);
        expect(
          await store.recordSubmitted(
            [
              { ...again, jobId: id },
              { ...again, jobId: "none" },
            ],
            fence,
          ),
        ).toEqual([undefined, undefined]);
        expect(await store.byNativeId("alpha", ["12", "99"])).toEqual(new Map([["12", job]]));
      }));

    test("a job that no dispatcher has taken is cancelled at once, one that is under way is marked", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const waiting = await acceptOne(store);
        expect(await store.requestCancel(waiting.id)).toMatchObject({ state: "cancelled", cancelRequested: true });
        const running = await submitOne(store, fence, "12");
        const marked = await store.requestCancel(running.id);
        expect(marked).toMatchObject({ state: "pending", cancelRequested: true });
        expect(await store.requestCancel(running.id)).toEqual(marked);
        expect(await store.requestCancel("none")).toBeUndefined();
        const types = (await eventsSince(store)).filter(({ jobId }) => jobId === waiting.id).map(({ type }) => type);
        expect(types).toEqual(["accepted", "cancel-requested", "state"]);
      }));

    test("a cancelled job that is to begin anew is no longer to be cancelled, one that goes on still is", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const ended = await acceptOne(store);
        await store.requestCancel(ended.id);
        await store.withdrawCancel(ended.id);
        expect(await store.get(ended.id)).toMatchObject({ state: "cancelled", cancelRequested: false });
        const running = await submitOne(store, fence, "12");
        const marked = await store.requestCancel(running.id);
        await store.withdrawCancel(running.id);
        expect(await store.get(running.id)).toEqual(marked);
        await store.withdrawCancel("none");
      }));

    test("what has begun to be submitted is found again by state", () =>
      withStore(async (store) => {
        const { id: jobId } = await acceptOne(store);
        await acceptOne(store);
        await store.move({ jobId, version: 1, to: "submitting" });
        const begun = await store.undispatched("alpha", { state: "submitting", limit: 10 });
        expect(begun.map(({ job }) => job.id)).toEqual([jobId]);
      }));
  });
}
