import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../../../errors.ts";
import type { ClusterFile } from "../../../schema/cluster-file.ts";
import { readConfLines } from "../../../slurm/config/conf-lines.ts";
import { readSlurmConf, type ConfNode } from "../../../slurm/config/read-slurm-conf.ts";
import { expandHostlist } from "../../../slurm/values/hostlist.ts";
import type { NativePaths } from "./paths.ts";

/** A node whose slurmd is started here. */
export interface StandingNode {
  readonly name: string;
  readonly port: number | undefined;
  /** As its Gres= declares. */
  readonly gpus: number;
  /** The simulated devices that gres.conf gives it. */
  readonly devices: readonly string[];
}

/** A cluster as its slurm.conf and gres.conf say now: they were written once, and are the user's to edit since. */
export interface StandingCluster {
  readonly slurmctldPort: number;
  readonly auth: ClusterFile["auth"];
  readonly nodes: readonly StandingNode[];
}

/** Throws `CONFIG_INVALID` with the line that cannot be read, and where slurm.conf is not there. */
export function readStandingCluster(file: ClusterFile, paths: NativePaths): StandingCluster {
  const text = readIfThere(paths.slurmConf);
  if (text === undefined) {
    throw new SluiceError("CONFIG_INVALID", `${paths.slurmConf} does not exist; start restores it from cluster.yaml`);
  }
  const conf = readSlurmConf(text);
  const devices = devicesByNode(readIfThere(paths.gresConf) ?? "", conf.nodes, paths);
  return {
    slurmctldPort: conf.slurmctldPort ?? file.ports.slurmctld,
    auth: conf.settings.get("authtype") === "auth/none" ? "none" : "munge",
    nodes: conf.nodes.map((node) => ({
      name: node.name,
      port: node.port,
      gpus: gpuCount(node.gres),
      devices: devices.get(node.name) ?? [],
    })),
  };
}

/** GPUs in a Gres= of slurm.conf(5): `gpu:fake:4`, `gpu:4`, `gpu`, and several of them after commas. */
export function gpuCount(gres: string | undefined): number {
  return (gres ?? "")
    .split(",")
    .map((entry) => entry.split(":"))
    .filter(([name]) => name === "gpu")
    .reduce((sum, parts) => sum + (parts.length === 1 ? 1 : Number(/^\d+/.exec(parts.at(-1) ?? "")?.[0] ?? 1)), 0);
}

/** What gres.conf(5) names below the cluster's own folder of devices; a line without a node is for all of them. */
function devicesByNode(
  gresConf: string,
  nodes: readonly ConfNode[],
  paths: NativePaths,
): ReadonlyMap<string, readonly string[]> {
  const byNode = new Map<string, string[]>();
  for (const { pairs } of readConfLines(gresConf)) {
    const value = (wanted: string): string | undefined => pairs.find(({ key }) => key.toLowerCase() === wanted)?.value;
    const file = value("file");
    if (file === undefined) continue;
    const devices = expandHostlist(file).filter((device) => device.startsWith(join(paths.devices, "/")));
    const names = value("nodename");
    for (const name of names === undefined ? nodes.map((node) => node.name) : expandHostlist(names)) {
      byNode.set(name, [...(byNode.get(name) ?? []), ...devices]);
    }
  }
  return byNode;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
