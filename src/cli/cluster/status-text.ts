import type { ClusterStatus, NodeStatus } from "../../schema/cluster-status.ts";
import { table } from "../table.ts";
import { visibleLine } from "../visible.ts";

/** The text of `sluice cluster status`. */
export function formatStatus(status: ClusterStatus): string {
  const dead = status.daemons.filter((daemon) => !daemon.running).map((daemon) => daemon.name);
  const reasons = status.nodes.filter((node) => node.reason !== undefined);
  return [
    `Cluster: ${status.name}\n`,
    `Status:  ${capitalise(status.status)}\n`,
    `Uptime:  ${status.uptime === undefined ? "-" : formatUptime(status.uptime)}\n`,
    dead.length > 0 && status.status === "degraded"
      ? `Dead:    ${dead.join(", ")} (sluice cluster logs ${dead[0]} --name ${status.name})\n`
      : "",
    "\nNodes:\n",
    table(["NAME", "STATE", "CPUS", "GPUS", "MEMORY", "PARTITION"], status.nodes.map(nodeRow), "  "),
    reasons.length > 0 ? "\nReasons:\n" : "",
    ...reasons.map((node) => `  ${node.name}: ${visibleLine(node.reason ?? "")}\n`),
    "\nPartitions:\n",
    table(
      ["NAME", "NODES", "STATE", "DEFAULT"],
      status.partitions.map((partition) => [
        partition.name,
        partition.nodes === "" ? "-" : partition.nodes,
        partition.state,
        partition.default ? "yes" : "no",
      ]),
      "  ",
    ),
    "\nConnection:\n",
    `  SSH:      ${status.connection.ssh ?? "none (made without sshd)"}\n`,
    status.connection.password === undefined ? "" : `  Password: ${status.connection.password}\n`,
    status.connection.ssh === undefined ? "" : `  Login:    sluice cluster ssh --name ${status.name}\n`,
    status.connection.rest === undefined ? "" : `  REST:     ${status.connection.rest}\n`,
    `  Config:   SLURM_CONF=${status.slurm_conf}\n`,
    status.registry === undefined ? "" : `\nRegistry: ${status.registry}\n`,
  ].join("");
}

/** `2h 15m`, `3d 4h`, `42s`: the two largest units. */
export function formatUptime(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [Math.floor(seconds) % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "0s";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}

function nodeRow(node: NodeStatus): string[] {
  return [
    node.name,
    node.state,
    String(node.cpus),
    node.gpus === 0 ? "-" : String(node.gpus),
    String(node.memory),
    node.partitions.length === 0 ? "-" : node.partitions.join(","),
  ];
}

function capitalise(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
