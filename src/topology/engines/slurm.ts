import { SluiceError } from "../../errors.ts";
import type { Engine, EngineKind } from "../engine.ts";
import type { ComputeInstances, TopologyGraph } from "../graph/topology-graph.ts";
import { decodeParams } from "../params/decode-params.ts";
import type { Decoded, ParamTable } from "../params/param-table.ts";
import type { ParamMap } from "../params/param-value.ts";
import type { Provider } from "../provider.ts";
import { partitionTopologyParams, slurmOutputParams } from "../render/output-params.ts";
import { readRenderConfig } from "../render/read-config.ts";
import { treePlugin } from "../render/render-config.ts";
import { renderTopology } from "../render/render-topology.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { writeOutput } from "./write-output.ts";

/** Rereading its configuration can take the controller of a large cluster minutes. */
const scontrolDeadlineMs = 5 * 60_000;

const params = {
  ...slurmOutputParams,
  plugin: { ...slurmOutputParams.plugin, shownDefault: treePlugin },
  topologies: {
    type: { mapOf: partitionTopologyParams },
    doc: "A topology of its own for each of these names, written as `topology.yaml` for Slurm from 25.05 on; goes without `plugin`.",
  },
  topologyConfigPath: {
    type: "string",
    doc: "The file to write, in a folder that there is; the answer is `OK` then, and without it the text itself.",
  },
  reconfigure: {
    type: "bool",
    doc: "Whether Slurm is told to read the written file: `scontrol reconfigure`.",
    shownDefault: "false",
  },
} as const satisfies ParamTable;

/** Writes Slurm's `topology.conf` or `topology.yaml`, for a controller on this machine. */
export const slurmEngine: EngineKind = {
  kind: "slurm",
  summary: "Slurm's `topology.conf` or `topology.yaml`: as the answer, or as a file on the controller's host.",
  params,
  answersOnly,
  open: (given, host) => Promise.resolve(openSlurm(given, host)),
};

/** Parameters that cannot be read write nothing either. */
function answersOnly(given: ParamMap): boolean {
  try {
    return (decodeParams(params, given).topologyConfigPath ?? "") === "";
  } catch {
    return true;
  }
}

function openSlurm(given: ParamMap, host: TopologyHost): Engine {
  return {
    resolve: (instances, provider, signal) =>
      instances.length > 0 ? Promise.resolve(instances) : discoverInstances(host, provider, signal),
    // Parameters are read last, as Topograph reads them: what is wrong before is told first.
    output: async (graph, signal) => writeTopology(decodeParams(params, given), graph, host, signal),
  };
}

async function writeTopology(
  decoded: Decoded<typeof params>,
  graph: TopologyGraph,
  host: TopologyHost,
  signal: AbortSignal,
): Promise<string> {
  const hasTopologies = (decoded.topologies?.size ?? 0) > 0;
  const plugin = decoded.plugin || (hasTopologies ? "" : treePlugin);
  const showPartition = (partition: string): Promise<string> =>
    scontrol(host, ["show", "partition", partition], signal);
  const config = await readRenderConfig({ ...decoded, plugin }, decoded.topologies, showPartition);
  const { text, unreadable, unreadableBySome } = await renderTopology(graph, config);
  const path = decoded.topologyConfigPath ?? "";
  const caution = unreadable ?? unreadableBySome;
  if (caution !== undefined) host.log("warning", caution);
  if (path === "") return text;
  const reconfigure = decoded.reconfigure ?? false;
  // slurmctld ends when it is told to read such a file, and does not start again with it.
  if (reconfigure && unreadable !== undefined) throw new TopologyError(400, `${unreadable}; nothing was written`);
  await writeOutput(host, path, headerOf(plugin) + text, signal);
  if (reconfigure) await scontrol(host, ["reconfigure"], signal);
  return "OK\n";
}

function headerOf(plugin: string): string {
  const line = "#".repeat(63);
  const words = `# Slurm's network topology configuration file for use with the\n# ${plugin} plugin`;
  return `\n${line}\n${words}\n${line}\n`;
}

/** The nodes that Slurm has, by region, with the instances that the provider knows them by. */
async function discoverInstances(
  host: TopologyHost,
  { instanceMapper }: Provider,
  signal: AbortSignal,
): Promise<readonly ComputeInstances[]> {
  if (instanceMapper === undefined) throw new TopologyError(400, "environment must implement instanceMapper");
  const nodes = namesOfNodes(await scontrol(host, ["show", "nodes", "-o"], signal));
  if (nodes.length === 0) return [];
  const nodesByInstance = await instanceMapper.nodesByInstance(nodes, signal);
  const regionsByNode = await instanceMapper.regionsByNode(nodes, signal);
  const regions = new Map<string, Map<string, string>>();
  for (const [instance, node] of nodesByInstance) {
    const region = regionsByNode.get(node);
    if (region === undefined) {
      host.log("warning", `no region is known of node ${node}`);
      continue;
    }
    const instances = regions.get(region);
    if (instances === undefined) regions.set(region, new Map([[instance, node]]));
    else instances.set(instance, node);
  }
  return Array.from(regions, ([region, instances]) => ({ region, instances }));
}

/** The first word of each line of `scontrol show nodes -o`. */
function namesOfNodes(text: string): readonly string[] {
  return Array.from(text.matchAll(/^NodeName=([^ \n]*)/gm), ([, name = ""]) => name);
}

/** What scontrol prints. Throws `TopologyError` (500) with its words where it fails. */
async function scontrol({ runner }: TopologyHost, args: readonly string[], signal: AbortSignal): Promise<string> {
  const output = await runner
    .output({ argv: ["scontrol", ...args], parse: (done) => done }, { signal, deadlineMs: scontrolDeadlineMs })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      throw new TopologyError(500, `scontrol failed:  : ${reasonOf(error)}`, { cause: error });
    });
  if (output.exitCode === 0) return output.stdout;
  const words = output.stderr.replaceAll("\n", " ");
  throw new TopologyError(500, `scontrol failed: ${words} : exit status ${output.exitCode}`);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof SluiceError)) return String(error);
  return error.code === "SLURM_MISSING" ? 'exec: "scontrol": executable file not found in $PATH' : error.message;
}
