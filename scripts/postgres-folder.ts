import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Debian keeps the server's programs of each version in a folder of their own, off PATH. */
const versions = "/usr/lib/postgresql";

/** The folder of PostgreSQL's server programs, the newest version's; `undefined` where there is none. */
export function postgresFolder(): string | undefined {
  const newestFirst = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...newestFirst.map((version) => join(versions, version, "bin")), "/usr/bin", "/usr/local/bin"];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}
