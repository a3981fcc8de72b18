import { SluiceError } from "../../errors.ts";
import type { CgroupMode, ClusterPlan, SlurmRelease } from "../../schema/cluster-plan.ts";
import { header } from "./header.ts";
import { isSince } from "./release.ts";

/**
 * cgroup.conf(5). Nothing is constrained, but slurmd loads a cgroup plugin all the same and must be told one that works
 * where it runs. Throws `CONFIG_INVALID` where cgroups are to be disabled and the release cannot.
 */
export function writeCgroupConf(plan: Pick<ClusterPlan, "name" | "release" | "cgroup">): string {
  return [
    ...header(plan.name, "cgroup.conf(5)"),
    ...writers[plan.cgroup](plan.release),
    "ConstrainCores=no",
    "ConstrainDevices=no",
    "ConstrainRAMSpace=no",
    "ConstrainSwapSpace=no",
    "",
  ].join("\n");
}

const writers: Readonly<Record<CgroupMode, (release: SlurmRelease) => readonly string[]>> = {
  v1: (release) => [
    ...(isSince(release, "25.05")
      ? ["# Slurm calls cgroup/v1 deprecated from 25.05 on; this host has it mounted."]
      : []),
    "CgroupPlugin=cgroup/v1",
    "CgroupMountpoint=/sys/fs/cgroup",
  ],
  v2: () => [
    "CgroupPlugin=cgroup/v2",
    "# slurmd makes its cgroup folder itself, and asks no systemd for a scope: there is none in a container.",
    "IgnoreSystemd=yes",
  ],
  disabled: (release) => {
    if (isSince(release, "24.05")) return ["CgroupPlugin=disabled"];
    throw new SluiceError(
      "CONFIG_INVALID",
      `CgroupPlugin cannot be "disabled" for Slurm ${release}: slurmd knows it from 24.05 on and exits before; ` +
        "plan v1 or v2, whichever the host has mounted",
      { details: { field: "cgroup", value: "disabled", release } },
    );
  },
};
