import { SluiceError } from "../../errors.ts";
import { expandHostlist } from "../../slurm/values/hostlist.ts";

/** What the function of a job may know of the job that it runs in. */
export interface JobContext {
  /** Sluice's own id of the job. */
  readonly id: string;
  /** Slurm's number of the job; each task of an array has its own. */
  readonly jobId: string;
  /** Number of the step where srun made the call; absent otherwise. */
  readonly stepId: string | undefined;
  /** Which of the job's nodes this is, from 0. */
  readonly nodeRank: number;
  /** Which of the job's processes this is, from 0. */
  readonly rank: number;
  /** Which of the processes on this node this is, from 0. */
  readonly localRank: number;
  /** How many processes the job has (`--ntasks`). */
  readonly worldSize: number;
  readonly numNodes: number;
  /** How many of the processes are on this node. */
  readonly localWorldSize: number;
  /** 0 where the job has none. */
  readonly gpusPerNode: number;
  /** The job's nodes; rank 0 is on the first. */
  readonly hostnames: readonly string[];
  /** The node of rank 0. */
  readonly masterAddr: string;
  /** `MASTER_PORT` where it is set, and 29500 otherwise, as PyTorch has it. */
  readonly masterPort: number;
  /** The variables that Slurm gave: `SLURM_*`, without its token. */
  readonly environment: Readonly<Record<string, string>>;
  /** When the call began. */
  readonly createdAt: Date;
  /** The job's own folder (`$JOB_DIR`), which all nodes see. */
  readonly outputDir: string;
  /** A folder that all nodes see: for a workflow and its children the same one, otherwise the job's own. */
  readonly sharedDir: string;
  /** Which task of an array this is. */
  readonly arrayIndex: number | undefined;
  /** From 1; more where the call is made again. */
  readonly attempt: number;
  /**
   * Aborts when the job is asked to end: it was cancelled, is over its time, or gives way to another. A function that has asked
   * for it is given time to end by itself, until Slurm kills it (`KillWait`, 30 seconds by default).
   */
  readonly signal: AbortSignal;
  /** The variables by which PyTorch's processes find each other; those that are empty are left out. */
  torchDistributedEnv(): Readonly<Record<string, string>>;
}

/** What a context is made of, besides the environment. */
export interface JobPlace {
  /** The job's own folder, absolute. */
  readonly folder: string;
  readonly sharedFolder: string;
  /** Which task of an array it is. */
  readonly task: number | undefined;
  /** This node's name, where Slurm says nothing. */
  readonly hostname: string;
  readonly now: Date;
  readonly signal: () => AbortSignal;
}

const current = Symbol.for("sluice.job-context");

export const JobContext = {
  /** The context of the job that this is called in. Throws `NOT_IN_JOB` elsewhere. */
  current(): JobContext {
    const context: JobContext | undefined = Reflect.get(globalThis, current);
    if (context !== undefined) return context;
    throw new SluiceError(
      "NOT_IN_JOB",
      "JobContext.current(): this process makes no call of a job; hand what the function needs to it as an argument, or test it in a job",
    );
  },
} as const;

/** To be called once, by what makes the call. */
export function setJobContext(context: JobContext): void {
  Reflect.set(globalThis, current, context);
}

/**
 * Reads a context from the variables that Slurm sets for batch scripts and for srun's tasks (sbatch(1) and srun(1), OUTPUT
 * ENVIRONMENT VARIABLES). What is missing or odd is taken as in a job of one process on one node.
 */
export function readJobContext(variables: Readonly<Record<string, string | undefined>>, place: JobPlace): JobContext {
  const text = (...names: readonly string[]): string | undefined =>
    names.map((name) => variables[name]).find((value) => value !== undefined && value !== "");
  const number = (fallback: number, ...names: readonly string[]): number => {
    const value = text(...names);
    return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : fallback;
  };
  const hostnames = namesOf(text("SLURM_STEP_NODELIST", "SLURM_NODELIST", "SLURM_JOB_NODELIST")) ?? [place.hostname];
  const nodeRank = number(0, "SLURM_NODEID");
  const numNodes = number(hostnames.length, "SLURM_STEP_NUM_NODES", "SLURM_NNODES", "SLURM_JOB_NUM_NODES");
  const perNode = countsOf(
    text("SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE") ?? text("SLURM_NTASKS_PER_NODE") ?? "",
  );
  const worldSize = number(
    perNode.reduce((sum, count) => sum + count, 0) || 1,
    "SLURM_STEP_NUM_TASKS",
    "SLURM_NTASKS",
    "SLURM_NPROCS",
  );
  const masterPort = number(29_500, "MASTER_PORT");
  const context = {
    id: place.folder.slice(place.folder.lastIndexOf("/") + 1),
    jobId: text("SLURM_JOB_ID", "SLURM_JOBID") ?? "",
    stepId: text("SLURM_STEP_ID", "SLURM_STEPID"),
    nodeRank,
    rank: number(0, "SLURM_PROCID"),
    localRank: number(0, "SLURM_LOCALID"),
    worldSize,
    numNodes,
    localWorldSize: perNode[nodeRank] ?? perNode.at(-1) ?? Math.ceil(worldSize / Math.max(1, numNodes)),
    gpusPerNode: gpusOf(text("SLURM_GPUS_PER_NODE")) ?? gpusOf(text("SLURM_GPUS_ON_NODE")) ?? 0,
    hostnames,
    masterAddr: hostnames[0] ?? place.hostname,
    masterPort: masterPort > 0 && masterPort < 65_536 ? masterPort : 29_500,
    environment: slurmVariables(variables),
    createdAt: place.now,
    outputDir: place.folder,
    sharedDir: place.sharedFolder,
    arrayIndex: place.task,
    attempt: Math.max(1, number(1, "SLUICE_ATTEMPT")),
  };
  return {
    ...context,
    get signal() {
      return place.signal();
    },
    torchDistributedEnv: () => torchEnvironment(context),
  };
}

function torchEnvironment(context: Omit<JobContext, "signal" | "torchDistributedEnv">): Record<string, string> {
  const variables = {
    MASTER_ADDR: context.masterAddr,
    MASTER_PORT: String(context.masterPort),
    WORLD_SIZE: String(context.worldSize),
    RANK: String(context.rank),
    LOCAL_RANK: String(context.localRank),
    LOCAL_WORLD_SIZE: String(context.localWorldSize),
    NODE_RANK: String(context.nodeRank),
  };
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
}

function namesOf(hostlist: string | undefined): readonly string[] | undefined {
  try {
    const names = expandHostlist(hostlist ?? "");
    return names.length === 0 ? undefined : names;
  } catch (error) {
    if (error instanceof SluiceError) return undefined;
    throw error;
  }
}

/** `2(x3),1` is 2, 2, 2 and 1: how many processes each node has. At most as many nodes as Slurm can have are written out. */
function countsOf(text: string): readonly number[] {
  const counts: number[] = [];
  for (const part of text.split(",")) {
    const [, count, times = "1"] = /^(\d{1,9})(?:\(x(\d{1,5})\))?$/.exec(part) ?? [];
    if (count === undefined) return [];
    for (let i = 0; i < Number(times); i += 1) counts.push(Number(count));
  }
  return counts;
}

/** `4`, `a100:4`, `a100:2,h100:2`. */
function gpusOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const counts = text.split(",").map((part) => /^(?:[^:]+:)*(\d{1,9})$/.exec(part)?.[1]);
  return counts.includes(undefined) ? undefined : counts.reduce((sum, count) => sum + Number(count), 0);
}

function slurmVariables(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(variables).filter(
    (entry): entry is [string, string] =>
      entry[0].startsWith("SLURM_") && entry[0] !== "SLURM_JWT" && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
