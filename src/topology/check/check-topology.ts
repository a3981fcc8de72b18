import type { WrittenFile, WrittenTopology } from "../read/written-topology.ts";
import { checkBlocks } from "./check-blocks.ts";
import { checkSwitches } from "./check-switches.ts";
import { someOf, type Faults, type TopologyFault } from "./topology-fault.ts";

/**
 * All that is wrong with a file of topologies, in the order of its lines. With the cluster's nodes, also which of them the file
 * leaves out, and which of its names are no nodes. Linear in switches and nodes.
 */
export function checkTopology(file: WrittenFile, clusterNodes?: ReadonlySet<string>): readonly TopologyFault[] {
  const found: TopologyFault[] = file.problems.map(({ line, problem }) => ({ severity: "error", line, problem }));
  for (const topology of file.topologies) {
    const { name } = topology;
    const add =
      (severity: TopologyFault["severity"]): Faults["error"] =>
      (line, problem, remedy) =>
        void found.push({
          severity,
          ...(name !== undefined && { topology: name }),
          ...(line !== undefined && { line }),
          problem,
          ...(remedy !== undefined && { remedy }),
        });
    checkOne(topology, { error: add("error"), warning: add("warning") }, clusterNodes);
  }
  checkNames(file, found);
  // Faults of the whole come after those of its lines; sorting keeps the order of those of one line.
  return found.toSorted((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity));
}

function checkOne(topology: WrittenTopology, faults: Faults, clusterNodes: ReadonlySet<string> | undefined): void {
  if (topology.plugin === "topology/flat") return;
  const placed =
    topology.plugin === "topology/block" ? checkBlocks(topology, faults) : checkSwitches(topology.switches, faults);
  if (clusterNodes === undefined) return;
  const unknown = [...placed].filter(([node]) => !clusterNodes.has(node));
  if (unknown.length > 0) {
    faults.error(
      unknown[0]?.[1],
      `the cluster has no node ${someOf(unknown.map(([node]) => node))}; Slurm passes over such names`,
      "take them out, or define them in slurm.conf first",
    );
  }
  const missing = [...clusterNodes].filter((node) => !placed.has(node));
  // A topology of a topology.yaml is for the nodes of its partitions alone.
  if (missing.length === 0 || topology.name !== undefined) return;
  faults.error(
    undefined,
    `${missing.length === 1 ? "node" : `${missing.length} nodes:`} ${someOf(missing)} of the cluster ${missing.length === 1 ? "is" : "are"} not in it; ${topology.plugin === "topology/tree" ? "no job gets such a node" : "no job is placed there by blocks"}`,
    "add them to a leaf switch or a block",
  );
}

/** Names in a `topology.yaml`, and which one counts where a partition names none. */
function checkNames({ topologies }: WrittenFile, found: TopologyFault[]): void {
  const first = new Map<string, number>();
  for (const { name, line } of topologies) {
    if (name === undefined) continue;
    const before = first.get(name);
    if (before === undefined) first.set(name, line);
    else
      found.push({ severity: "error", topology: name, line, problem: `line ${before} defines topology ${name} too` });
  }
  const defaults = topologies.filter(({ name, clusterDefault }) => name !== undefined && clusterDefault);
  for (const { name = "", line } of defaults.slice(1)) {
    const problem = `${defaults[0]?.name ?? ""} is the cluster's default already; Slurm takes the first`;
    found.push({ severity: "warning", topology: name, line, problem });
  }
}
