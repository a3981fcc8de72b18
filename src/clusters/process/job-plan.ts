import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import type { SubmitRequest } from "../../jobs/cluster.ts";
import { expandOutputPattern } from "../../slurm/commands/output-path.ts";
import { parseTimeLimit } from "../../slurm/values/duration.ts";
import { readBatchRequest } from "../batch-request.ts";

/** What one task runs as, and where its output goes. */
const PlannedTask = z.strictObject({
  /** `123`, or `123_4` for a task of an array. */
  nativeId: z.string(),
  /** Laid over the environment of the job. */
  environment: z.record(z.string(), z.string()),
  stdout: z.string(),
  /** Absent: standard error goes where standard output goes, as with sbatch when `--output` alone is given. */
  stderr: z.string().optional(),
});

/** `job.json` of a job's folder: all that its supervisor needs. */
export const JobPlan = z.strictObject({
  jobId: z.string(),
  nativeId: z.string(),
  name: z.string(),
  isArray: z.boolean(),
  args: z.array(z.string()),
  workDirectory: z.string(),
  submittedAt: z.string(),
  /** Absent: no limit. */
  timeLimitSeconds: z.number().optional(),
  /** How many tasks run at once. */
  parallel: z.int().min(1),
  tasks: z.array(PlannedTask).min(1),
});
export type JobPlan = z.infer<typeof JobPlan>;

/** Facts of this machine that a job's variables tell. */
export interface HostFacts {
  readonly hostname: string;
  readonly user: string;
  readonly uid: number;
  readonly cpus: number;
  /** Where SBATCH_ variables are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** ISO 8601 in UTC. */
  readonly now: string;
  /** Whether what a plain process cannot give is left out, where otherwise the job is refused. */
  readonly leavesOut: boolean;
}

/** Options that ask for what a plain process of one host cannot give. */
const beyond: Readonly<Record<string, string>> = {
  gpus: "GPUs",
  "gpus-per-node": "GPUs",
  "gpus-per-task": "GPUs",
  "gpus-per-socket": "GPUs",
  gres: "generic resources",
  dependency: "dependencies between jobs",
  hold: "held jobs",
  begin: "a time to begin",
  licenses: "licences",
  reservation: "reservations",
  nodelist: "a choice of nodes",
};

/** Each task is a process of this machine with its own lines in the plan and the report; more is a mistake. */
const maxTasks = 100_000;

/** Turns a submission into a plan. Throws `SCRIPT_INVALID`, `FORMAT_INVALID`, `CAPABILITY_MISSING`. */
export function planJob(request: SubmitRequest, nativeId: string, directory: string, host: HostFacts): JobPlan {
  const { options: set, array } = readBatchRequest(request, host.environment);
  if (!host.leavesOut) refuseBeyond(set);
  const indices = array?.indices;
  if (indices !== undefined && indices.length > maxTasks) {
    throw new SluiceError("LIMIT_EXCEEDED", `--array asks for ${indices.length} tasks; at most ${maxTasks} run here`);
  }
  const name = set.get("job-name") ?? request.name;
  const submitDirectory = request.workDirectory ?? directory;
  const workDirectory = absolute(set.get("chdir") ?? submitDirectory, submitDirectory);
  const ntasks = Number(set.get("ntasks") ?? 1);
  const cpusPerTask = Number(set.get("cpus-per-task") ?? 1);
  const jobNumber = Number(nativeId);
  const limit = set.get("time") === undefined ? "unlimited" : parseTimeLimit(set.get("time") ?? "");

  const common: Record<string, string> = {
    ...request.environment,
    SLUICE_JOB_ID: request.jobId,
    SLURM_JOB_NAME: name,
    SLURM_JOB_USER: host.user,
    SLURM_JOB_UID: String(host.uid),
    SLURM_JOB_PARTITION: "process",
    SLURM_CLUSTER_NAME: "process",
    SLURM_JOB_NODELIST: host.hostname,
    SLURM_NODELIST: host.hostname,
    SLURM_JOB_NUM_NODES: "1",
    SLURM_NNODES: "1",
    SLURM_NODEID: "0",
    SLURM_PROCID: "0",
    SLURM_LOCALID: "0",
    SLURMD_NODENAME: host.hostname,
    SLURM_SUBMIT_DIR: submitDirectory,
    SLURM_SUBMIT_HOST: host.hostname,
    SLURM_CPUS_ON_NODE: String(Math.max(1, ntasks * cpusPerTask)),
    SLURM_JOB_CPUS_PER_NODE: String(Math.max(1, ntasks * cpusPerTask)),
    SLURM_TASKS_PER_NODE: String(ntasks),
    ...(set.has("ntasks") && { SLURM_NTASKS: String(ntasks), SLURM_NPROCS: String(ntasks) }),
    ...(set.has("cpus-per-task") && { SLURM_CPUS_PER_TASK: String(cpusPerTask) }),
  };

  const planTask = (task: number | undefined, position: number): JobPlan["tasks"][number] => {
    // As in Slurm each task has a number of its own as well.
    const number = jobNumber + position;
    const path = (pattern: string): string =>
      expandOutputPattern(pattern, {
        jobId: number,
        ...(task !== undefined && { arrayJobId: jobNumber, task }),
        user: host.user,
        name,
        batchHost: host.hostname,
        workDirectory,
      }) ?? pattern;
    const [output, error] = [set.get("output"), set.get("error")];
    const own = (stream: string): string => `${directory}/${task === undefined ? stream : `${stream}.${task}`}`;
    const stderr = error !== undefined ? path(error) : output !== undefined ? undefined : own("stderr");
    return {
      nativeId: task === undefined ? nativeId : `${nativeId}_${task}`,
      stdout: output === undefined ? own("stdout") : path(output),
      ...(stderr !== undefined && { stderr }),
      environment: {
        ...common,
        SLURM_JOB_ID: String(number),
        SLURM_JOBID: String(number),
        ...(task !== undefined && indices !== undefined && arrayVariables(nativeId, task, indices)),
      },
    };
  };

  return {
    jobId: request.jobId,
    nativeId,
    name,
    isArray: indices !== undefined,
    args: [...request.args],
    workDirectory,
    submittedAt: host.now,
    ...(limit !== "unlimited" && limit > 0 && { timeLimitSeconds: limit }),
    parallel: Math.max(1, array?.limit ?? host.cpus),
    tasks: indices === undefined ? [planTask(undefined, 0)] : indices.map(planTask),
  };
}

function arrayVariables(nativeId: string, task: number, indices: readonly number[]): Record<string, string> {
  const [first = 0, second] = indices;
  return {
    SLURM_ARRAY_JOB_ID: nativeId,
    SLURM_ARRAY_TASK_ID: String(task),
    SLURM_ARRAY_TASK_COUNT: String(indices.length),
    SLURM_ARRAY_TASK_MIN: String(first),
    SLURM_ARRAY_TASK_MAX: String(indices.at(-1) ?? first),
    SLURM_ARRAY_TASK_STEP: String(second === undefined ? 1 : second - first),
  };
}

function refuseBeyond(set: ReadonlyMap<string, string>): void {
  const [option, what] = Object.entries(beyond).find(([name]) => set.has(name)) ?? [];
  const nodes = Number(/^(\d+)/.exec(set.get("nodes") ?? "1")?.[1] ?? 1);
  if (option === undefined && nodes <= 1) return;
  const asked = option === undefined ? `--nodes=${set.get("nodes")}: several nodes` : `--${option}: ${what}`;
  throw new SluiceError(
    "CAPABILITY_MISSING",
    `${asked} need a cluster, and this job would run here as a plain process; try: sluice cluster create --start`,
    { details: { field: option ?? "nodes" } },
  );
}

function absolute(path: string, base: string): string {
  return path.startsWith("/") ? path : `${base.replace(/\/$/, "")}/${path}`;
}
