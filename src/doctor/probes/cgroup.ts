import { probe } from "../probe.ts";

interface CgroupFacts {
  /** The text of /proc/self/mountinfo, proc_pid_mountinfo(5). */
  readonly mountinfo: string;
  /** Whether this user may write at the root of the unified hierarchy. */
  readonly writable: boolean;
}

type CgroupHierarchy = "v1" | "v2" | "hybrid" | "none";

export const cgroup = probe<CgroupFacts>({
  kind: "cgroup",
  inspect: async (host) => ({
    mountinfo: (await host.readText("/proc/self/mountinfo")) ?? "",
    writable: await host.isWritable("/sys/fs/cgroup"),
  }),
  judge({ mountinfo, writable }) {
    const hierarchy = hierarchyOf(mountinfo);
    const works = hierarchy === "v1" || hierarchy === "hybrid" || (hierarchy === "v2" && writable);
    return [
      {
        id: "cgroup",
        title: "cgroup",
        status: works ? "ok" : "warn",
        needed: false,
        found: hierarchy === "none" ? "not mounted" : `${hierarchy}${writable ? "" : ", not writable"}`,
        why: "slurmd before 24.05 opens one even where nothing is limited",
        ...(works ? {} : { remedy: "use Slurm 24.05 or later, or a container with a writable cgroup" }),
      },
    ];
  },
});

/** Which cgroup hierarchies are mounted; `hybrid` has controllers of v1 beside an empty v2. */
export function hierarchyOf(mountinfo: string): CgroupHierarchy {
  // The file-system type follows the " - " that ends the optional fields.
  const types = new Set(mountinfo.split("\n").map((line) => / - (\S+) /.exec(line)?.[1]));
  if (types.has("cgroup")) return types.has("cgroup2") ? "hybrid" : "v1";
  return types.has("cgroup2") ? "v2" : "none";
}
