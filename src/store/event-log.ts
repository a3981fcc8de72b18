import type { Kysely } from "kysely";
import type { EventFilter, EventPage } from "../jobs/store.ts";
import { toEvent } from "./rows.ts";
import type { Tables } from "./tables.ts";

/**
 * See `JobStore.eventsAfter`. Numbers are given out by one writer at a time and become visible with its commit, so every
 * event up to `last` is there when `last` is; what is gone is asked for after reading, so a pruning between is not missed.
 */
export async function eventsAfter(
  reads: Kysely<Tables>,
  seq: number,
  { filter = {}, limit }: { readonly filter?: EventFilter; readonly limit: number },
): Promise<EventPage> {
  const { last } = await eventState(reads);
  const { jobId, clusters, owner, types } = filter;
  const rows = await reads
    .selectFrom("event")
    .selectAll()
    .where("seq", ">", seq)
    .where("seq", "<=", last)
    .$if(jobId !== undefined, (query) => query.where("job_id", "=", jobId ?? ""))
    .$if(clusters !== undefined, (query) => query.where("cluster", "in", clusters ?? []))
    .$if(owner !== undefined, (query) => query.where("owner", "=", owner ?? ""))
    .$if(types !== undefined, (query) => query.where("type", "in", types ?? []))
    .orderBy("seq")
    .limit(limit)
    .execute();
  const { pruned_to: prunedTo } = await eventState(reads);
  return {
    events: rows.map(toEvent),
    cursor: rows.length < limit ? last : (rows.at(-1)?.seq ?? last),
    missed: seq > last || seq < prunedTo,
  };
}

export async function eventState(
  reads: Kysely<Tables>,
): Promise<{ readonly last: number; readonly pruned_to: number }> {
  return reads.selectFrom("event_state").select(["last", "pruned_to"]).executeTakeFirstOrThrow();
}
