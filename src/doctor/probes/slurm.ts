import { slurmReleases } from "../../schema/cluster-plan.ts";
import { probe } from "../probe.ts";
import { programNamed, type ProgramName } from "../programs.ts";
import type { Remedies } from "../remedies.ts";
import type { Check } from "../report.ts";

/** Slurm's programs, and what each is for. */
const uses = [
  ["slurmctld", "the controller of a test cluster"],
  ["slurmd", "each node of a test cluster"],
  ["sbatch", "submits jobs"],
  ["srun", "starts the steps of a job"],
  ["scancel", "ends jobs"],
  ["squeue", "follows jobs"],
  ["sinfo", "tells when nodes are ready"],
  ["scontrol", "reads and changes jobs and nodes"],
  ["sacct", "tells how old jobs ended, where there is accounting"],
  ["sacctmgr", "accounts and associations, with --with-accounting"],
  ["slurmdbd", "accounting, with --with-accounting"],
  ["slurmrestd", "the REST API, with --with-rest"],
] as const satisfies readonly (readonly [ProgramName, string])[];

interface SlurmFacts {
  /** Paths of the programs that were found. */
  readonly paths: ReadonlyMap<string, string>;
  /** What `-V` of the controller, or of a client command where there is none, printed. */
  readonly versionText: string | undefined;
}

export const slurm = probe<SlurmFacts>({
  kind: "slurm",
  async inspect(host, signal) {
    const paths = new Map<string, string>();
    for (const [name] of uses) {
      const path = await host.find(name);
      if (path !== undefined) paths.set(name, path);
    }
    const speaker = paths.get("slurmctld") ?? paths.get("scontrol");
    return {
      paths,
      versionText: speaker === undefined ? undefined : (await host.run([speaker, "-V"], signal)).stdout,
    };
  },
  judge: ({ paths, versionText }, remedies) => [
    judgeVersion(versionText, remedies),
    ...uses.map(([name, why]): Check => {
      const path = paths.get(name);
      return {
        id: `slurm.${name}`,
        title: name,
        status: path === undefined ? "missing" : "ok",
        needed: programNamed(name).needed,
        found: path ?? "not found",
        why,
        ...(path === undefined ? { remedy: remedies.install([name]) } : {}),
      };
    }),
  ],
});

function judgeVersion(text: string | undefined, remedies: Remedies): Check {
  const row = { id: "slurm.version", title: "Slurm", needed: true, why: "runs the jobs" } as const;
  if (text === undefined) {
    return {
      ...row,
      status: "missing",
      found: "not found",
      remedy: remedies.install(["slurmctld", "slurmd", "sbatch"]),
    };
  }
  // `slurm-wlm 22.05.8` from Debian, `slurm 25.11.0` from others.
  const version = /\bslurm\S* (\d+\.\d+)(\S*)/.exec(text);
  const release = version?.[1];
  const known = slurmReleases.some((one) => one === release);
  return {
    ...row,
    status: known ? "ok" : "warn",
    found: version === null ? `unknown version: ${text.trim()}` : `${version[1]}${version[2]}`,
    ...(known
      ? {}
      : {
          remedy: `Sluice writes configuration for Slurm ${slurmReleases[0]} to ${slurmReleases.at(-1)}; others may refuse it`,
        }),
  };
}
