import type { ClusterInventory, ClusterNode } from "../../schema/cluster-inventory.ts";
import { acceptsJobs, parseNodeState } from "../../slurm/commands/node-state.ts";
import { parseTimeLimit } from "../../slurm/values/duration.ts";
import { compressHostlist, expandHostlist } from "../../slurm/values/hostlist.ts";
import type { MockSettings } from "../mock-settings.ts";

/** What the settings say that the cluster consists of. */
export function mockInventory({
  nodes = [{ name: "node-[1-2]" }],
  partitions = [{ name: "mock" }],
}: Pick<MockSettings, "nodes" | "partitions">): ClusterInventory {
  const names = nodes.flatMap(({ name }) => expandHostlist(name));
  const membersOf = new Map(
    partitions.map((one) => [one.name, new Set(one.nodes === undefined ? names : expandHostlist(one.nodes))]),
  );
  const all = nodes.flatMap(({ name, cpus = 8, memory_mb = 16_384, gres, features = [], state = "idle", reason }) =>
    expandHostlist(name).map((node): ClusterNode => {
      const { base, flags } = parseNodeState(state);
      return {
        name: node,
        state: base,
        flags: [...flags],
        acceptsJobs: acceptsJobs({ base, flags }),
        partitions: [...membersOf].flatMap(([partition, members]) => (members.has(node) ? [partition] : [])),
        cpus: { total: cpus, allocated: 0 },
        memoryMb: { total: memory_mb, allocated: 0 },
        features: [...features],
        ...(gres !== undefined && { gres }),
        ...(reason !== undefined && { reason: { text: reason } }),
      };
    }),
  );
  return {
    nodes: all,
    partitions: partitions.map(({ name, state = "up", max_time }, at) => {
      const members = all.filter((node) => node.partitions.includes(name));
      const maxTime = max_time === undefined ? "unlimited" : parseTimeLimit(max_time);
      return {
        name,
        state,
        isDefault: at === 0,
        isHidden: false,
        totalNodes: members.length,
        totalCpus: members.reduce((sum, { cpus }) => sum + cpus.total, 0),
        minNodes: 0,
        ...(members.length > 0 && { nodes: compressHostlist(members.map((node) => node.name)) }),
        ...(maxTime !== "unlimited" && { maxTimeSeconds: maxTime }),
      };
    }),
  };
}
