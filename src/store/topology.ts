import type { Kysely, Selectable } from "kysely";
import {
  endedTopologyStates,
  type NewTopologyRecord,
  type TopologyBounds,
  type TopologyChange,
  type TopologyRecord,
  type TopologyStore,
} from "../topology/topology-store.ts";
import type { WriteTurn } from "./database.ts";
import type { Tables, TopologyRequestRow } from "./tables.ts";

export interface TopologyTables {
  readonly bounds: TopologyBounds;
  readonly reads: Kysely<Tables>;
  readonly attempt: <T>(work: () => Promise<T>) => Promise<T>;
  readonly turn: <T>(work: (turn: WriteTurn) => Promise<T>) => Promise<T>;
}

/** The history of requests for topology in the tables of the store. */
export function topologyStore({ bounds, reads, attempt, turn }: TopologyTables): TopologyStore {
  return {
    add: (record) => turn((it) => addRecord(it, bounds, record)),
    change: (numbers, change) => turn((it) => changeRecords(it, bounds, numbers, change)),
    get: (number) =>
      attempt(async () => {
        const row = await reads
          .selectFrom("topology_request")
          .selectAll()
          .where("number", "=", number)
          .executeTakeFirst();
        return row && toRecord(row);
      }),
    answer: (number) =>
      attempt(async () => {
        const row = await answers(reads).where("topology_request.number", "=", number).executeTakeFirst();
        return row && { status: row.status ?? 0, body: row.body };
      }),
    list: ({ limit, before, id }) =>
      attempt(async () => {
        const rows = await reads
          .selectFrom("topology_request")
          .selectAll()
          .$if(before !== undefined, (query) => query.where("number", "<", before ?? 0))
          .$if(id !== undefined, (query) => query.where("id", "=", id ?? ""))
          .orderBy("number", "desc")
          .limit(limit)
          .execute();
        return rows.map(toRecord);
      }),
    latestAnswers: (limit) =>
      attempt(async () => {
        const rows = await answers(reads)
          .where("topology_request.number", "in", (query) =>
            query
              .selectFrom("topology_request as other")
              .select((eb) => eb.fn.max("other.number").as("number"))
              .where("other.state", "<>", "superseded")
              .groupBy("other.id"),
          )
          .orderBy("topology_request.number", "desc")
          .limit(limit)
          .execute();
        return rows.map(({ id, status, body }) => ({ id, status: status ?? 0, body }));
      }),
    unfinished: () =>
      attempt(() =>
        reads
          .selectFrom("topology_request")
          .select(["number", "holder"])
          .where("state", "not in", [...endedTopologyStates])
          .orderBy("number")
          .execute(),
      ),
  };
}

/** What has an answer has ended in one, and has its status. */
function answers(reads: Kysely<Tables>) {
  return reads
    .selectFrom("topology_request")
    .innerJoin("topology_answer", "topology_answer.number", "topology_request.number")
    .select(["topology_request.id", "topology_request.status", "topology_answer.body"]);
}

async function addRecord({ trx }: WriteTurn, bounds: TopologyBounds, record: NewTopologyRecord): Promise<number> {
  const { last } = await trx.selectFrom("topology_state").select("last").executeTakeFirstOrThrow();
  const number = last + 1;
  await trx.updateTable("topology_state").set({ last: number }).execute();
  const { id, provider, engine, nodes, holder, createdMs } = record;
  await trx
    .insertInto("topology_request")
    .values({
      number,
      id,
      provider,
      engine,
      nodes,
      holder,
      state: "waiting",
      attempts: 0,
      status: null,
      reason: null,
      created_ms: createdMs,
      started_ms: null,
      next_attempt_ms: null,
      ended_ms: null,
    })
    .execute();
  await trx
    .deleteFrom("topology_request")
    .where("number", "<=", number - bounds.records)
    .execute();
  await trx
    .deleteFrom("topology_answer")
    .where("number", "<=", number - bounds.answers)
    .execute();
  return number;
}

async function changeRecords(
  { trx }: WriteTurn,
  bounds: TopologyBounds,
  numbers: readonly number[],
  { body, ...change }: TopologyChange,
): Promise<void> {
  if (numbers.length === 0) return;
  await trx
    .updateTable("topology_request")
    .set(toColumns(change))
    .where("number", "in", [...numbers])
    .execute();
  if (body === undefined) return;
  const { last } = await trx.selectFrom("topology_state").select("last").executeTakeFirstOrThrow();
  const there = await trx
    .selectFrom("topology_request")
    .select("number")
    .where("number", "in", [...numbers])
    .where("number", ">", last - bounds.answers)
    .execute();
  for (const { number } of there) {
    await trx
      .insertInto("topology_answer")
      .values({ number, body })
      .onConflict((conflict) => conflict.column("number").doUpdateSet({ body }))
      .execute();
  }
}

/** What the change names is written, be it that nothing stands there; the rest stays. */
function toColumns(change: Omit<TopologyChange, "body">): Partial<TopologyRequestRow> {
  return {
    state: change.state,
    ...(change.attempts !== undefined && { attempts: change.attempts }),
    ...("status" in change && { status: change.status ?? null }),
    ...("reason" in change && { reason: change.reason ?? null }),
    ...("startedMs" in change && { started_ms: change.startedMs ?? null }),
    ...("nextAttemptMs" in change && { next_attempt_ms: change.nextAttemptMs ?? null }),
    ...("endedMs" in change && { ended_ms: change.endedMs ?? null }),
  };
}

function toRecord(row: Selectable<TopologyRequestRow>): TopologyRecord {
  return {
    number: row.number,
    id: row.id,
    provider: row.provider,
    engine: row.engine,
    nodes: row.nodes,
    state: row.state,
    attempts: row.attempts,
    ...(row.status !== null && { status: row.status }),
    ...(row.reason !== null && { reason: row.reason }),
    createdMs: row.created_ms,
    ...(row.started_ms !== null && { startedMs: row.started_ms }),
    ...(row.next_attempt_ms !== null && { nextAttemptMs: row.next_attempt_ms }),
    ...(row.ended_ms !== null && { endedMs: row.ended_ms }),
  };
}
