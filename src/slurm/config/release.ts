import { slurmReleases, type SlurmRelease } from "../../schema/cluster-plan.ts";

/** Whether `release` is `since` or newer. */
export function isSince(release: SlurmRelease, since: SlurmRelease): boolean {
  return slurmReleases.indexOf(release) >= slurmReleases.indexOf(since);
}
