/** What of slurmrestd's API differs from one version to the next, as far as Sluice uses it. */
export interface RestVersion {
  /** As it stands in a path: `/slurm/v0.0.42/job/submit`. */
  readonly name: string;
  /**
   * How a job's options are written: as the words that sbatch takes (v0.0.38 reads them with sbatch's own parser), or as
   * typed fields of a `job_desc_msg`.
   */
  readonly options: "words" | "fields";
  /** Whether the script stands beside the job, or in it, where newer versions want it. */
  readonly script: "beside" | "inside";
  /**
   * What of a job comes back in the queue and can be known again: the path of its script, or its working folder. The argv of
   * v0.0.38 makes slurmrestd 22.05.8 end with a segmentation fault.
   */
  readonly mark: "argv" | "folder";
  /** Whether `shared` says that a job wants its nodes for itself. */
  readonly shared: boolean;
  /**
   * Whether sbatch of that release, from 24.11 on, writes the processors of a task as a trackable resource too, and tells MPI
   * launchers to start their processes with srun.
   */
  readonly sbatch2411: boolean;
}

const fields = { options: "fields", script: "inside", mark: "argv", shared: true, sbatch2411: true } as const;

/**
 * The versions that Sluice speaks, newest first. Slurm 22.05 has v0.0.38, and each release since one more: 26.05 has
 * v0.0.45. Sources: `src/plugins/openapi` (22.05), the specifications that slurmrestd 24.11.5 gives of v0.0.40 to v0.0.42
 * (`GET /openapi/v3`), and Slurm's "OpenAPI Plugin Release Notes" for those since.
 */
export const restVersions: readonly RestVersion[] = [
  { name: "v0.0.45", ...fields },
  { name: "v0.0.44", ...fields },
  { name: "v0.0.43", ...fields },
  { name: "v0.0.42", ...fields },
  { name: "v0.0.41", ...fields, sbatch2411: false },
  { name: "v0.0.40", ...fields, sbatch2411: false },
  { name: "v0.0.39", ...fields, script: "beside", shared: false, sbatch2411: false },
  { name: "v0.0.38", options: "words", script: "beside", mark: "folder", shared: false, sbatch2411: false },
];

/** The newest version among the paths of an OpenAPI document that Sluice speaks; `undefined` where there is none. */
export function newestVersion(document: string): RestVersion | undefined {
  // The document has half a megabyte, and slurmrestd writes `/` as `\/`; the paths are all that is wanted of it.
  return restVersions.find(({ name }) => new RegExp(`/slurm\\\\?/${name.replaceAll(".", "\\.")}\\\\?/`).test(document));
}

/** The version of that name; `undefined` for one that Sluice does not speak. */
export function restVersion(name: string): RestVersion | undefined {
  return restVersions.find((version) => version.name === name);
}
