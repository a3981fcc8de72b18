import type { TestProject } from "vitest/node";
import { endShare, startShare } from "./share.ts";

/**
 * For `globalSetup` of Vitest: the files of a run share the clusters of the fixtures. Each is started when the first test
 * asks for it, and goes with the run.
 */
export function setup(project: TestProject): void {
  project.provide("sluiceShare", startShare());
}

/** See `setup`. */
export async function teardown(): Promise<void> {
  await endShare();
}
