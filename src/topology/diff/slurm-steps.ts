import { isUnchanged, type TopologyDiff } from "./diff-topology.ts";

/** What it takes until Slurm goes by a changed topology. */
export interface SlurmStep {
  readonly need: "nothing" | "reconfigure" | "restart";
  readonly why: string;
}

/**
 * What Slurm needs to take up a change. Measured on 22.05: `scontrol reconfigure` reads topology.conf anew, and leaves the plugin
 * as it was though it shows the new one's name. From 23.11 on a reconfigure starts slurmctld anew.
 */
export function slurmStep(diff: TopologyDiff): SlurmStep {
  if (isUnchanged(diff)) return { need: "nothing", why: "both describe the same network" };
  if (diff.plugin !== undefined) {
    return {
      need: "restart",
      why:
        `TopologyPlugin changes from ${diff.plugin.from} to ${diff.plugin.to}: up to Slurm 23.02 slurmctld has to be restarted, ` +
        "from 23.11 on `scontrol reconfigure` starts it anew by itself",
    };
  }
  return {
    need: "reconfigure",
    why: `\`scontrol reconfigure\` reads the file anew, and jobs go on${
      diff.addedNodes.length > 0
        ? "; nodes that are new to the cluster must be in slurm.conf first, which up to 23.02 takes a restart"
        : ""
    }`,
  };
}
