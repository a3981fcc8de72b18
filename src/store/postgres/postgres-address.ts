import { SluiceError } from "../../errors.ts";

export interface PostgresAddress {
  /** With the password; for the driver alone. */
  readonly connectionString: string;
  /** Without it; for people. */
  readonly name: string;
  /** The schema that holds the tables. */
  readonly schema: string;
}

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`; other parameters are libpq's. The tables stand in a
 * schema of their own, `sluice` unless told otherwise. Throws `INPUT_INVALID` without a word of the address itself.
 */
export function readPostgresAddress(text: string): PostgresAddress {
  const wrong = (problem: string): SluiceError =>
    new SluiceError(
      "INPUT_INVALID",
      `store: the address of PostgreSQL ${problem}; write as in postgres://USER:PASSWORD@HOST:5432/DATABASE`,
      { details: { field: "store" } },
    );
  const url = URL.parse(text);
  if (url === null) throw wrong("cannot be read (is a sign in the password not written as %XX?)");
  const schema = url.searchParams.get("schema") ?? "sluice";
  if (!/^[a-z_][a-z0-9_]{0,40}$/.test(schema)) throw wrong("names a schema that is no word of a-z, 0-9 and _");
  url.searchParams.delete("schema");
  const host = url.searchParams.get("host") ?? url.hostname;
  const user = url.username === "" ? "" : `${url.username}@`;
  const port = url.port === "" ? "" : `:${url.port}`;
  return { connectionString: url.href, name: `postgres://${user}${host}${port}${url.pathname}`, schema };
}
