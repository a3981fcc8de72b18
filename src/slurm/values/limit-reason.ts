/** The limit that a reason of a waiting job stands for, under the names that `scontrol show assoc_mgr` gives limits. */
export interface LimitReason {
  /** Whose limit it is: an association's, that is a user's in an account or the account's, or a QOS's. */
  readonly of: "association" | "qos";
  /** `GrpTRES`, `MaxJobs`, `MaxTRESPU`, `MaxWallPJ`, … */
  readonly key: string;
  /** The TRES that the limit bounds, or how its name begins (`gres/`); absent for limits on jobs and on time. */
  readonly tres?: string;
}

const tresNames: Readonly<Record<string, string>> = {
  Cpu: "cpu",
  Mem: "mem",
  Memory: "mem",
  Node: "node",
  GRES: "gres/",
  Energy: "energy",
  Billing: "billing",
  BB: "bb/",
  License: "license/",
  Lic: "license/",
};

const suffixes: Readonly<Record<string, string>> = { Job: "PJ", User: "PU", Account: "PA", Node: "PN" };

const shape =
  /^(Assoc|QOS)?(Grp|Max|Min)(?:(Jobs?|SubmitJobs?)|(Wall)(?:Duration)?|(Cpu|CPU|Mem(?:ory)?|Node|GRES|Energy|Billing|BB|Lic(?:ense)?)(Run)?(Minutes)?)(?:Per(Job|User|Account|Node))?(?:Limit|NotSatisfied)?$/;

/**
 * Reads a reason such as `AssocGrpCpuLimit`, `QOSMaxJobsPerUserLimit` or `QOSMinMemory` (slurm.h, `job_state_reason`, 22.05 to
 * 26.05). `undefined` for one that stands for no single limit.
 */
export function parseLimitReason(reason: string): LimitReason | undefined {
  const match = shape.exec(reason);
  if (match === null) return undefined;
  const [, owner, scope = "", jobs, wall, tres, running, minutes, per = ""] = match;
  // `MaxJobsPerAccount` and its kin are a QOS's.
  if (owner === undefined && per !== "Account") return undefined;
  const of = owner === "Assoc" ? "association" : "qos";
  const suffix = scope === "Grp" ? "" : (suffixes[per] ?? "");
  if (jobs !== undefined) return { of, key: `${scope}${jobs.startsWith("Submit") ? "SubmitJobs" : "Jobs"}${suffix}` };
  if (wall !== undefined) return { of, key: scope === "Grp" ? "GrpWall" : `${scope}WallPJ` };
  const measure = running !== undefined ? "RunMins" : minutes !== undefined ? "Mins" : "";
  const each = scope === "Grp" ? "" : suffix === "" ? "PJ" : suffix;
  const name = tresNames[tres === "CPU" ? "Cpu" : (tres ?? "")];
  return { of, key: `${scope}TRES${measure}${each}`, ...(name !== undefined && { tres: name }) };
}
