import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { assembleLauncher } from "../../assemble-launcher.ts";
import { SluiceError } from "../../errors.ts";
import { openCluster } from "../../launcher/clusters.ts";
import type { ComparedTopology } from "../../topology/diff/diff-topology.ts";
import type { ComputeInstances } from "../../topology/graph/topology-graph.ts";
import { modelGraph } from "../../topology/models/model-graph.ts";
import { readModel } from "../../topology/models/read-model.ts";
import type { Provider } from "../../topology/provider.ts";
import { providerKinds } from "../../topology/providers/registry.ts";
import { readTopologyFile } from "../../topology/read/read-topology-file.ts";
import { graphOfWritten } from "../../topology/read/written-graph.ts";
import type { Context } from "../command.ts";
import { isBuiltIn, readInput } from "./input-file.ts";
import { modelText } from "./models-actions.ts";
import type { ProviderOptions } from "./options.ts";
import { credentialsOf, hostOf, invalid, nodesOf, providerParams } from "./provider-request.ts";

/** A topology to look at, wherever it came from. */
export interface NamedTopology extends ComparedTopology {
  readonly title: string;
}

/** What a file holds: one topology, or several of a `topology.yaml`. Throws `FILE_UNREADABLE`, `CONFIG_INVALID`. */
export async function topologiesOf(context: Context, file: string): Promise<readonly NamedTopology[]> {
  if (isBuiltIn(context, file)) return [await modelTopology(context, file)];
  const text = (await readInput(context, file)).toString();
  const title = file === "-" ? "stdin" : basename(file);
  if (!isModel(text)) return writtenTopologies(text, title, file);
  return [
    topologyOf(
      title,
      modelGraph(await modelIn(text, file), (name) => name),
    ),
  ];
}

/** A model as it is, without what a provider would make of it. */
export async function modelTopology(context: Context, name: string): Promise<NamedTopology> {
  const model = await modelIn(await modelText(context, name), name);
  return topologyOf(
    basename(name),
    modelGraph(model, (node) => node),
  );
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
  return writtenTopologies(await readFile(path, "utf8"), name, path);
}

/** What a provider says. Throws `TopologyError`. */
export async function providerTopology(context: Context, options: ProviderOptions): Promise<NamedTopology> {
  const { provider: kind = "" } = options;
  const { signal } = context;
  const creds = new Map<string, string>();
  for (const [key, value] of (await credentialsOf(context, options.credentials)) ?? []) {
    if (typeof value === "string") creds.set(key, value);
  }
  const provider = await providerKinds
    .get(kind)
    .open({ creds, params: providerParams(context, options) }, await hostOf(context, false), signal);
  const graph = await provider.graph({ instances: await instancesOf(context, options, provider) }, signal);
  return topologyOf(options.model === undefined ? kind : `${basename(options.model)} (${kind})`, graph);
}

async function instancesOf(
  context: Context,
  options: ProviderOptions,
  provider: Provider,
): Promise<readonly ComputeInstances[]> {
  const given = await nodesOf(context, options);
  if (given !== undefined) return given;
  if (provider.computeInstances !== undefined) return provider.computeInstances(context.signal);
  throw invalid("--nodes", `${options.provider} does not list nodes by itself; name a file of those to place`);
}

async function writtenTopologies(text: string, title: string, path: string): Promise<readonly NamedTopology[]> {
  const { topologies, problems } = await readTopologyFile(text);
  const [first] = problems;
  if (first !== undefined) {
    throw new SluiceError(
      "CONFIG_INVALID",
      `${path}:${first.line}: ${first.problem}; \`sluice topology check\` says all that is wrong`,
      { details: { file: path, line: first.line } },
    );
  }
  return topologies.map((topology) => ({
    title: topology.name === undefined ? title : `${title}: ${topology.name}`,
    plugin: topology.plugin,
    blockSizes: topology.blockSizes,
    graph: graphOfWritten(topology),
  }));
}

function topologyOf(title: string, graph: ComparedTopology["graph"]): NamedTopology {
  return { title, plugin: "topology/tree", blockSizes: [], graph };
}

async function modelIn(text: string, name: string): ReturnType<typeof readModel> {
  try {
    return await readModel(text, name);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError("CONFIG_INVALID", why, { cause: error, details: { file: resolve(name) } });
  }
}

/** A model is a YAML mapping; a topology.conf has `Key=value` in its first line, and a topology.yaml is a list. */
function isModel(text: string): boolean {
  const first = text.split("\n").find((line) => !/^\s*(#|$|---\s*$)/.test(line));
  return first !== undefined && /^\s*["']?(switches|blocks)["']?\s*:/.test(first);
}
