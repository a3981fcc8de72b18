import { endShare } from "./share.ts";

/** For `globalTeardown` of Jest: the clusters of a run end with it. */
async function teardown(): Promise<void> {
  await endShare();
}

// Jest calls the default export.
export { teardown as default };
