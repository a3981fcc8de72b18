import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { assembleLauncher } from "../../assemble-launcher.ts";
import { SluiceError } from "../../errors.ts";
import { openCluster } from "../../launcher/clusters.ts";
import type { ComputeInstances } from "../../topology/graph/topology-graph.ts";
import { loadTopologies, topologiesIn, type NamedTopology } from "../../topology/load-topology.ts";
import type { Provider } from "../../topology/provider.ts";
import { providerKinds } from "../../topology/providers/registry.ts";
import { toCredentials } from "../../topology/service/run-topology.ts";
import type { Context } from "../command.ts";
import { readInput } from "../read-input.ts";
import type { ProviderOptions } from "./options.ts";
import { credentialsOf, hostOf, invalid, nodesOf, providerParams } from "./provider-request.ts";
import { withPatience } from "./with-patience.ts";

/** What a file or stdin holds, or a model that comes with Sluice. Throws `FILE_UNREADABLE`, `CONFIG_INVALID`. */
export async function topologiesOf(context: Context, file: string): Promise<readonly NamedTopology[]> {
  if (file !== "-") return loadTopologies(file, context.cwd, context.signal);
  return topologiesIn((await readInput(context, file)).toString(), "stdin");
}

/** What a test cluster's Slurm goes by. Throws `CLUSTER_NOT_FOUND`, and `CAPABILITY_MISSING` where it goes by none. */
export async function clusterTopologies(context: Context, name: string): Promise<readonly NamedTopology[]> {
  const record = assembleLauncher(await context.config()).records.get(name);
  if (record === undefined) {
    throw new SluiceError(
      "CLUSTER_NOT_FOUND",
      `no test cluster is called "${name}"; of another cluster, show what \`scontrol show topology\` prints there: … | sluice topology show -`,
    );
  }
  const folder = join(openCluster(record).record.directory, "config");
  // In Slurm's own order: where there is a topology.yaml, nothing else is read.
  const path = ["topology.yaml", "topology.conf"].map((file) => join(folder, file)).find((file) => existsSync(file));
  if (path === undefined) {
    throw new SluiceError(
      "CAPABILITY_MISSING",
      `cluster "${name}" was made without --topology, so Slurm knows of none`,
    );
  }
  return (await topologiesIn(await readFile(path, "utf8"), path)).map((topology) => ({
    ...topology,
    title: topology.title.replace(basename(path), name),
  }));
}

/** What a provider says. Throws `TopologyError`. */
export async function providerTopology(context: Context, options: ProviderOptions): Promise<NamedTopology> {
  const { provider: kind = "" } = options;
  const { signal } = context;
  const creds = toCredentials(await credentialsOf(context, options.credentials));
  const provider = await providerKinds
    .get(kind)
    .open({ creds, params: providerParams(context, options) }, await hostOf(context, false), signal);
  const graph = await withPatience(context, kind, async () => {
    const instances = await instancesOf(context, options, provider);
    return provider.graph({ instances }, signal);
  });
  const title = options.model === undefined ? kind : `${basename(options.model)} (${kind})`;
  return { title, blockSizes: [], graph };
}

async function instancesOf(
  context: Context,
  options: ProviderOptions,
  provider: Provider,
): Promise<readonly ComputeInstances[]> {
  const given = await nodesOf(context, options);
  if (given !== undefined) return given;
  const found = (await provider.computeInstances?.(context.signal)) ?? provider.visibleInstances?.(context.signal);
  if (found !== undefined) return found;
  throw invalid("--nodes", `${options.provider} does not list nodes by itself; name a file of those to place`);
}
