import { rmdirSync } from "node:fs";

/** Removes a folder that holds nothing; one that does, or is not there, is left as it is. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not empty, not there or not ours: each is as good as removed for the caller.
  }
}
