import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "smol-toml";
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
  const { submit, packaging, ...cluster } = config;
  const environment = {
    cluster,
    ...(submit !== undefined && { submit }),
    ...(packaging !== undefined && { packaging }),
  };
  const folder = mkdtempSync(join(tmpdir(), "sluice-slurmfile-"));
  const path = join(folder, "Slurmfile.toml");
  writeFileSync(path, stringify({ default: environment }));
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
