import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "smol-toml";
import { defined } from "../schema/defined.ts";
import type { ClusterConfig } from "../sdk/cluster-config.ts";

/** A Slurmfile that is there until it is disposed of. */
export interface TemporarySlurmfile extends Disposable {
  /** Its absolute path. */
  readonly path: string;
}

/**
 * Writes a configuration into a temporary `Slurmfile.toml`, as its environment `default`.
 *
 * ```ts
 * using slurmfile = createSlurmfile(gpuTestConfig({ gpus: 4 }));
 * await using cluster = Cluster.fromSlurmfile(slurmfile.path);
 * ```
 */
export function createSlurmfile(config: ClusterConfig): TemporarySlurmfile {
  const { submit, packaging, ...reached } = config;
  const environment = { cluster: clusterTable(reached), submit: defined({ ...submit, packaging }) };
  const folder = mkdtempSync(join(tmpdir(), "sluice-slurmfile-"));
  const path = join(folder, "Slurmfile.toml");
  writeFileSync(path, stringify({ default: environment }));
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** `[default.cluster]`, which names its backend. Of a test cluster its name says all; the rest is for people. */
function clusterTable({ testCluster: name, testing, home, ...rest }: ClusterConfig): object {
  if (testing !== undefined) return defined({ backend: "test-cluster", home, testing: defined(testing) });
  if (name !== undefined) return defined({ backend: "test-cluster", name, home });
  const { backend = rest.hostname === undefined ? "local" : "ssh", ...others } = rest;
  return defined({ ...others, home, backend: rest.url === undefined ? backend : "gateway" });
}
