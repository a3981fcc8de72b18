import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import { Pool, type ClientConfig } from "pg";

/**
 * Connections to PostgreSQL, at most `max`. One that leaves a request without an answer for `query_timeout` is closed when
 * it is given back: what is asked on it later would wait behind that request, and on a network that swallows everything it
 * takes the system many minutes to give a connection up.
 */
export function boundedPool(settings: ClientConfig, max: number): PostgresPool {
  const pool = new Pool({ ...settings, max });
  // A connection that breaks, idle or lent, is replaced at the next request; whoever waits on it has its own error.
  pool.on("error", () => {});
  pool.on("connect", (client) => void client.on("error", () => {}));
  return {
    options: pool.options,
    connect: async () => new LentConnection(await pool.connect()),
    end: () => pool.end(),
  };
}

class LentConnection implements PostgresPoolClient {
  readonly #client: PostgresPoolClient;
  /** What was answered too late, if anything was. */
  #late: Error | undefined;

  constructor(client: PostgresPoolClient) {
    this.#client = client;
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    asked: string | PostgresCursor<R>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    return typeof asked === "string" ? this.#ask(asked, parameters) : this.#client.query(asked);
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#late !== undefined);
  }

  async #ask<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    // Such as the rollback, which the server makes by itself when the connection goes.
    if (this.#late !== undefined) throw this.#late;
    try {
      return await this.#client.query<R>(sql, parameters);
    } catch (error) {
      if (error instanceof Error && error.message === "Query read timeout") this.#late = error;
      throw error;
    }
  }
}
