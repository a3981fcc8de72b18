import type { Kysely } from "kysely";
import type { ApiToken } from "../schema/api-token.ts";
import type { WriteTurn } from "./database.ts";
import { toMs, toToken } from "./rows.ts";
import type { Tables } from "./tables.ts";

export async function addToken({ trx, nowMs }: WriteTurn, token: ApiToken): Promise<void> {
  await trx
    .insertInto("token")
    .values({
      id: token.id,
      hash: token.hash,
      scope: token.scope,
      subject: token.subject,
      label: token.label,
      created_ms: toMs(token.createdAt) ?? nowMs,
      expires_ms: toMs(token.expiresAt),
      revoked_ms: toMs(token.revokedAt),
    })
    .execute();
}

export async function findToken(reads: Kysely<Tables>, hash: string): Promise<ApiToken | undefined> {
  const row = await reads.selectFrom("token").selectAll().where("hash", "=", hash).executeTakeFirst();
  return row && toToken(row);
}

export async function listTokens(reads: Kysely<Tables>): Promise<readonly ApiToken[]> {
  const rows = await reads.selectFrom("token").selectAll().orderBy("created_ms").orderBy("id").execute();
  return rows.map(toToken);
}

export async function revokeToken({ trx, nowMs }: WriteTurn, id: string): Promise<ApiToken | undefined> {
  await trx
    .updateTable("token")
    .set({ revoked_ms: nowMs })
    .where("id", "=", id)
    .where("revoked_ms", "is", null)
    .execute();
  const row = await trx.selectFrom("token").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toToken(row);
}
