import type { Pruned, Pruning } from "../jobs/store.ts";
import { finalStates } from "../schema/job.ts";
import type { Database, WriteTurn } from "./database.ts";
import { toMs } from "./rows.ts";

/** A key that a client may still repeat is kept for so long. */
const shortestKeyLifeMs = 24 * 60 * 60 * 1_000;

/** Rows of one transaction: other writers wait for its end. */
const batch = 2_000;

/** See `JobStore.prune`. Keys go first, for a key keeps its job. */
export async function prune(database: Database, pruning: Pruning): Promise<Pruned> {
  const keysBefore = toMs(pruning.keysBefore);
  const jobsBefore = toMs(pruning.jobsEndedBefore);
  return {
    keys: keysBefore === null ? 0 : await inBatches(database, (turn) => pruneKeys(turn, keysBefore)),
    jobs: jobsBefore === null ? 0 : await inBatches(database, (turn) => pruneJobs(turn, jobsBefore)),
    events: await pruneEvents(database, pruning),
  };
}

async function inBatches(database: Database, work: (turn: WriteTurn) => Promise<number>): Promise<number> {
  for (let total = 0; ;) {
    const done = await database.write(work);
    total += done;
    if (done < batch) return total;
  }
}

async function pruneKeys({ trx, nowMs }: WriteTurn, before: number): Promise<number> {
  const old = await trx
    .selectFrom("idempotency")
    .select(["key", "owner"])
    .where("created_ms", "<", Math.min(before, nowMs - shortestKeyLifeMs))
    .limit(batch)
    .execute();
  for (const { key, owner } of old) {
    await trx.deleteFrom("idempotency").where("key", "=", key).where("owner", "=", owner).execute();
  }
  return old.length;
}

async function pruneJobs({ trx }: WriteTurn, before: number): Promise<number> {
  const old = await trx
    .selectFrom("job")
    .select("position")
    .where("state", "in", [...finalStates])
    .where((eb) => eb(eb.fn.coalesce("ended_ms", "updated_ms"), "<", before))
    .where((eb) =>
      eb.not(
        eb.exists(eb.selectFrom("idempotency").select("key").whereRef("idempotency.position", "=", "job.position")),
      ),
    )
    .limit(batch)
    .execute();
  if (old.length === 0) return 0;
  const positions = old.map(({ position }) => position);
  await trx.deleteFrom("job").where("position", "in", positions).execute();
  return positions.length;
}

/** The mark moves with the events, so that a reader who comes too late is told. */
async function pruneEvents(database: Database, { eventsBefore, keepEvents }: Pruning): Promise<number> {
  const before = toMs(eventsBefore);
  if (before === null && keepEvents === undefined) return 0;
  return inBatches(database, async ({ trx, last }) => {
    const { pruned_to: from } = await trx.selectFrom("event_state").select("pruned_to").executeTakeFirstOrThrow();
    let to = keepEvents === undefined ? from : Math.max(from, last - keepEvents);
    if (before !== null) {
      const young = await trx
        .selectFrom("event")
        .select("seq")
        .where("at_ms", ">=", before)
        .orderBy("seq")
        .limit(1)
        .executeTakeFirst();
      to = Math.max(to, (young?.seq ?? last + 1) - 1);
    }
    to = Math.min(to, from + batch);
    if (to === from) return 0;
    await trx.deleteFrom("event").where("seq", "<=", to).execute();
    await trx.updateTable("event_state").set({ pruned_to: to }).execute();
    return to - from;
  });
}
