import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assembleLauncher } from "../src/assemble-launcher.ts";
import { readConfig } from "../src/config.ts";
import { specFromOptions } from "../src/launcher/create-options.ts";
import { createCluster } from "../src/launcher/create.ts";
import { destroyCluster } from "../src/launcher/destroy.ts";
import { BareCluster } from "./bare-cluster.ts";
import { inMs, type Comparison } from "./comparison.ts";
import { interleave } from "./interleave.ts";

const how = { signal: new AbortController().signal, timeoutMs: 60_000, progress: () => {} };

/** From nothing to every node idle: two CPU nodes and a GPU node, made in this process, against a bare script's. */
export async function clusterStart(rounds: number): Promise<readonly Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-create-"));
  const launcher = assembleLauncher(readConfig({ ...process.env, SLUICE_HOME: join(folder, "home") }));
  const spec = specFromOptions({ name: "bench", cpuNodes: 2, gpuNodes: 1, gpusPerNode: 4, cpusPerNode: 8 });
  let bare: BareCluster | undefined;
  try {
    const [ours, against] = await interleave(
      [
        {
          name: "create --start",
          async run() {
            await createCluster(launcher, {
              ...how,
              spec,
              wishes: { services: new Set() },
              driver: "native",
              outputDirectory: folder,
              start: true,
              wait: true,
              rollback: true,
            });
          },
          after: async () => void (await destroyCluster(launcher, { ...how, name: spec.name })),
        },
        {
          name: "bare script",
          before: async () => void (bare = await BareCluster.prepare()),
          run: async () => bare?.start(),
          after: async () => bare?.[Symbol.asyncDispose](),
        },
      ],
      rounds,
    );
    if (ours === undefined || against === undefined) throw new Error("a contender is missing");
    return [
      {
        what: "three-node cluster, `create --start` to idle",
        ours: inMs(ours),
        against: inMs(against),
        budget: { atMost: 2 },
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
