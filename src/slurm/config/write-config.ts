import type { ClusterPlan, PlannedFile } from "../../schema/cluster-plan.ts";
import { writeCgroupConf } from "./cgroup-conf.ts";
import { writeGresConf } from "./gres-conf.ts";
import { writePlugstackConf } from "./plugstack-conf.ts";
import { writeSlurmConf } from "./slurm-conf.ts";
import { writeTopologyConf } from "./topology-conf.ts";

/**
 * The files in which Slurm reads what `plan` says, with paths below the cluster's folder: slurm.conf and cgroup.conf
 * always, gres.conf where a node has GPUs, plugstack.conf where there is Pyxis, topology.conf where there are switches.
 * Throws `CONFIG_INVALID` for a plan that the release cannot be told.
 */
export function writeConfig(plan: ClusterPlan): readonly PlannedFile[] {
  const files = [
    { path: "config/slurm.conf", text: writeSlurmConf(plan) },
    { path: "config/cgroup.conf", text: writeCgroupConf(plan) },
  ];
  if (plan.nodes.some((node) => node.gpus !== undefined)) {
    files.push({ path: "config/gres.conf", text: writeGresConf(plan) });
  }
  if (plan.pyxis !== undefined) {
    files.push({ path: "config/plugstack.conf", text: writePlugstackConf(plan.name, plan.pyxis) });
  }
  if (plan.switches !== undefined) {
    files.push({ path: "config/topology.conf", text: writeTopologyConf(plan.name, plan.switches) });
  }
  return files;
}
