import type { Kysely } from "kysely";
import type { Fence, Lease } from "../jobs/store.ts";
import type { WriteTurn } from "./database.ts";
import { toLease } from "./rows.ts";
import type { LeaseRow, Tables } from "./tables.ts";

/**
 * Nobody takes a lease for longer. One that seems to last longer was taken by a clock that has gone back since; nobody waits
 * for that, and should its holder be alive, its writes are refused from the next owner's on.
 */
const longestLeaseMs = 60_000;

/** See `JobStore.acquireLease`. The row stays for ever: its number must never be given out again. */
export async function acquireLease(
  { trx, nowMs }: WriteTurn,
  {
    cluster,
    holder,
    ttlMs,
    heirOf,
  }: { readonly cluster: string; readonly holder: string; readonly ttlMs: number; readonly heirOf?: Fence | undefined },
): Promise<Lease | undefined> {
  const row = await trx.selectFrom("lease").selectAll().where("cluster", "=", cluster).executeTakeFirst();
  const isFree = row === undefined || row.holder === holder || !isLive(row, nowMs) || row.fence === heirOf?.token;
  if (!isFree) return undefined;
  const lease = { cluster, holder, fence: (row?.fence ?? 0) + 1, expires_ms: nowMs + ttlMs };
  await save(trx, lease);
  return toLease(lease);
}

export async function renewLease({ trx, nowMs }: WriteTurn, fence: Fence, ttlMs: number): Promise<Lease | undefined> {
  const row = await current(trx, fence);
  if (row === undefined) return undefined;
  const lease = { ...row, expires_ms: nowMs + ttlMs };
  await save(trx, lease);
  return toLease(lease);
}

/** The number goes on, so that nothing is written with the old one any more. */
export async function releaseLease({ trx }: WriteTurn, fence: Fence): Promise<void> {
  const row = await current(trx, fence);
  if (row !== undefined) await save(trx, { ...row, holder: "", fence: row.fence + 1, expires_ms: 0 });
}

export async function liveLeases(reads: Kysely<Tables>, nowMs: number): Promise<readonly Lease[]> {
  const rows = await reads.selectFrom("lease").selectAll().orderBy("cluster").execute();
  return rows.filter((row) => isLive(row, nowMs)).map(toLease);
}

function isLive({ expires_ms }: LeaseRow, nowMs: number): boolean {
  return expires_ms > nowMs && expires_ms <= nowMs + longestLeaseMs;
}

async function current(trx: Kysely<Tables>, { cluster, token }: Fence): Promise<LeaseRow | undefined> {
  return trx
    .selectFrom("lease")
    .selectAll()
    .where("cluster", "=", cluster)
    .where("fence", "=", token)
    .executeTakeFirst();
}

async function save(trx: Kysely<Tables>, lease: LeaseRow): Promise<void> {
  const { holder, fence, expires_ms } = lease;
  await trx
    .insertInto("lease")
    .values(lease)
    .onConflict((conflict) => conflict.column("cluster").doUpdateSet({ holder, fence, expires_ms }))
    .execute();
}
