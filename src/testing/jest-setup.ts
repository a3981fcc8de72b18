import { setVariable } from "../environment.ts";
import { shareVariable } from "./share-variable.ts";
import { startShare } from "./share.ts";

/**
 * For `globalSetup` of Jest, beside `sluice/jest/teardown`: the files of a run share the clusters of `useSlurmCluster`, which
 * are started when the first file needs them, and go with the run.
 */
async function setup(): Promise<void> {
  setVariable(shareVariable, startShare());
}

// Jest calls the default export.
export { setup as default };
