import { DatabaseError } from "pg";
import { SluiceError } from "../../errors.ts";

/** Classes and codes of PostgreSQL's errors (its manual, appendix A) that lie with the server or the way to it, in words. */
const reasons: readonly (readonly [prefix: string, reason: string])[] = [
  ["08", "the connection was lost; it is made anew at the next request"],
  ["28", "it refused the user or the password; check the address"],
  ["3D000", "there is no database of that name; make it with createdb"],
  ["42501", "the user may not do that there; grant the rights, or name another user"],
  ["25006", "it takes no writes now (a standby?); name the primary"],
  ["40", "it gave up the transaction for another; try again"],
  ["53100", "its disk is full; make room on it"],
  ["53", "it has run out of connections or memory; try again, or raise its limits"],
  ["55P03", "another writer holds its lock for too long; try again"],
  ["57", "it is stopping, starting or gave the request up; try again"],
  ["58", "its disk gave an error; look at its log"],
  ["XX001", "its data are damaged; look at its log"],
  ["XX002", "its data are damaged; look at its log"],
];

/** `STORE_UNAVAILABLE` for what lies with the server or the way to it, else the error itself. */
export function translatePostgres(error: unknown, name: string): unknown {
  const reason = reasonOf(error);
  if (reason === undefined || !(error instanceof Error)) return error;
  const words = error.message === "" ? "" : ` (${error.message})`;
  return new SluiceError("STORE_UNAVAILABLE", `the database of jobs ${name} cannot be used: ${reason}${words}`, {
    cause: error,
  });
}

function reasonOf(error: unknown): string | undefined {
  if (error instanceof DatabaseError) {
    const { code = "" } = error;
    return reasons.find(([prefix]) => code.startsWith(prefix))?.[1];
  }
  if (!(error instanceof Error) || error instanceof SluiceError) return undefined;
  // Errors of sockets carry a code (ECONNREFUSED, ENOENT, ENOTFOUND); pg's own are known by their words alone.
  if ("code" in error && typeof error.code === "string" && /^E[A-Z_]+$/.test(error.code)) return "it does not answer";
  if (/connection|timeout|Client was closed|SASL|SSL/i.test(error.message)) return "it does not answer as it should";
  return undefined;
}
