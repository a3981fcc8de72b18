import { linkSync, rmSync, writeFileSync } from "node:fs";
import { identify } from "./processes.ts";

/**
 * Makes the calling process the supervisor of the job in this folder: `supervisor.json` appears whole, and once. Says
 * whether it was this call that made it.
 */
export function claimJob(directory: string): boolean {
  const own = `${directory}/.supervisor.${process.pid}`;
  writeFileSync(own, JSON.stringify(identify(process.pid)), { mode: 0o600, flush: true });
  try {
    linkSync(own, `${directory}/supervisor.json`);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}
