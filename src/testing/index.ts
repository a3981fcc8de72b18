/**
 * Clusters for tests: real ones that are made in a second, plain processes, and mocks. Fixtures for a test runner are in
 * `sluice/vitest`, `sluice/jest` and `sluice/node-test`.
 *
 * ```ts
 * import { mockCluster } from "sluice/testing";
 *
 * await using cluster = mockCluster();
 * const job = await cluster.submit(train)("data.csv");
 * console.log(job.nativeId, job.script);
 * ```
 */
export type { MockSubmission } from "../clusters/mock/mock-job.ts";
export type { MockStep } from "../clusters/mock/outcome.ts";
export type { PresetName } from "../launcher/presets.ts";
export { createSlurmfile, type TemporarySlurmfile } from "./create-slurmfile.ts";
export { LocalBackend } from "./local-backend.ts";
export { localCluster } from "./local-cluster.ts";
export { MockBackend, type MockOptions } from "./mock-backend.ts";
export { mockCluster, MockedCluster } from "./mock-cluster.ts";
export type { MockEnd, MockOutcome } from "./mock-outcome.ts";
export { startRegistry, type TestRegistry } from "./registry.ts";
export type { TestClusterConfig } from "./test-cluster-config.ts";
export type { ClusterShape, TestClusterOptions } from "./test-cluster-options.ts";
export { TestCluster, type TestClusterLogs, type TestNode } from "./test-cluster.ts";
export { defaultTestConfig, gpuTestConfig, type TestConfig } from "./test-configs.ts";
export { TestedCluster } from "./tested-cluster.ts";
