import { SluiceError } from "../errors.ts";
import { NodeSpec, specLimits, SwitchSpec } from "../schema/cluster-spec.ts";
import { layoutTree, type LaidSwitch } from "../topology/graph/layout-tree.ts";
import { noTopology, type TopologyGraph } from "../topology/graph/topology-graph.ts";
import { loadTopologies } from "../topology/load-topology.ts";

/** The network that a test cluster is to have: its switches, and the nodes below them. */
export interface ClusterNetwork {
  readonly switches: readonly SwitchSpec[];
  readonly nodes: readonly NetworkNode[];
}

export interface NetworkNode {
  readonly name: string;
  /** Whether it is in an accelerator domain. */
  readonly hasDomain: boolean;
}

/**
 * The network of a model or of a file for Slurm, as a test cluster can have it. Throws `FILE_UNREADABLE`, `CONFIG_INVALID`, and
 * `INPUT_INVALID` where it has more nodes than one machine is asked to carry, or names that a test cluster's nodes cannot have.
 */
export async function readNetwork(name: string, folder: string, signal: AbortSignal): Promise<ClusterNetwork> {
  const topologies = await loadTopologies(name, folder, signal);
  const trees = topologies.filter(({ graph }) => (graph.root?.children.size ?? 0) > 0);
  const [first] = trees;
  if (first === undefined || trees.length > 1) {
    const found = trees.length === 0 ? "no tree of switches" : `${trees.length} trees of switches`;
    throw invalid(`${name} has ${found}; a test cluster takes one`);
  }
  return networkOf(first.graph, name);
}

/** What `readNetwork` makes of a graph; `name` is what that is called. */
export function networkOf(graph: TopologyGraph, name: string): ClusterNetwork {
  const layout = layoutTree(graph);
  const domains = [...(graph.domains?.values() ?? [])].flatMap((hosts) => [...hosts.values()]);
  const inDomain = new Set(domains.map(({ nodeName }) => nodeName));
  const unplaced = [...inDomain, ...(graph.instances?.keys() ?? [])].filter((node) => !layout.nodesByName.has(node));
  // Where the engine for Slurm puts nodes of which no place is known.
  const loose = [
    ...new Set([...layout.nodes.flatMap((node) => (node.parent === undefined ? [node.name] : [])), ...unplaced]),
  ];
  const nodes = [...layout.nodes.flatMap((node) => (node.parent === undefined ? [] : [node.name])), ...loose];
  if (nodes.length > specLimits.nodes) {
    throw invalid(
      `${name} has ${nodes.length} nodes, more than the ${specLimits.nodes} that one machine is asked to carry; ` +
        "a smaller one: sluice topology models make --nodes 8 --nodes-per-leaf 2",
    );
  }
  for (const node of nodes) {
    const checked = NodeSpec.shape.name.safeParse(node);
    if (checked.success) continue;
    throw invalid(`node "${node}" of ${name} cannot be one of a test cluster: it ${checked.error.issues[0]?.message}`);
  }
  return {
    switches: [
      ...layout.switches.map((one) => switchOf(one, name)),
      ...(loose.length === 0 ? [] : [{ name: noTopology, nodes: loose }]),
    ],
    nodes: nodes.map((node) => ({ name: node, hasDomain: inDomain.has(node) })),
  };
}

function switchOf(one: LaidSwitch, network: string): SwitchSpec {
  if (one.switches.length > 0 && one.nodes.length > 0) {
    throw invalid(`switch ${shownName(one)} of ${network} has both switches and nodes, which Slurm does not take`);
  }
  const checked = SwitchSpec.safeParse({
    name: shownName(one),
    ...(one.switches.length > 0 && { switches: one.switches.map(shownName) }),
    ...(one.nodes.length > 0 && { nodes: one.nodes.map((node) => node.name) }),
  });
  if (checked.success) return checked.data;
  throw invalid(`switch "${shownName(one)}" of ${network}: a name ${checked.error.issues[0]?.message}`);
}

function shownName({ id, name }: LaidSwitch): string {
  return name === "" ? id : name;
}

function invalid(message: string): SluiceError {
  return new SluiceError("INPUT_INVALID", `--topology: ${message}`, { details: { field: "--topology" } });
}
