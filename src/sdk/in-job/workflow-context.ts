import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { Cluster } from "../cluster.ts";
import { readCallHeader } from "../script/read-call.ts";
import type { TaskDefinition } from "../define/task-definition.ts";
import type { CallHeader } from "../script/task-script.ts";
import type { JobContext } from "./job-context.ts";
import { resultName, stateName } from "./result-envelope.ts";
import { valueOf } from "./value-of-job.ts";

/** What the cluster of a workflow is opened with. */
export interface WorkflowPlace {
  /** The workflow's own folder, absolute. */
  readonly jobFolder: string;
  readonly header: CallHeader;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Disposing closes it, and leaves the children as they are. */
export type OpenWorkflowCluster = (place: WorkflowPlace) => Promise<Cluster>;

/** One job that the workflow has submitted. */
export interface TaskRun {
  /** Sluice's own id of the job. */
  readonly id: string;
  /** Id of its task function. */
  readonly task: string;
  /** What the job is called. */
  readonly name: string;
  /** The job's own folder. */
  readonly directory: string;
}

/** A task function, its id, or what its jobs are called. */
export type TaskName = string | { readonly definition: Pick<TaskDefinition, "id"> };

/** What the function of a workflow is given first. */
export interface WorkflowContext {
  /** The cluster that the workflow runs on, for its children; tasks that are called directly go there too. */
  readonly cluster: Cluster;
  /** Slurm's number of the workflow's job. */
  readonly workflowJobId: string;
  /** The workflow's own folder, which all nodes see. */
  readonly workflowJobDir: string;
  /** A folder for the workflow and its children together. */
  readonly sharedDir: string;
  /** Whether it runs as plain processes of one machine, without Slurm. */
  readonly localMode: boolean;
  /** The file that its value will be in. */
  readonly resultPath: string;
  /** The file that says when it began. */
  readonly metadataPath: string;
  /** The folder with the folders of its children. */
  readonly tasksDir: string;
  /** Aborts when the workflow is asked to end; see `JobContext.signal`. */
  readonly signal: AbortSignal;
  /** A folder of the workflow's own for what belongs to a task, made where it is not there. */
  taskOutputDir(name: string): string;
  /** The children that ran a task, by the task, its id, or their own name; the newest first. */
  taskRuns(task: TaskName): readonly TaskRun[];
  /** The value of the newest child that ran a task and has ended; of an array, its values. Throws `RESULT_MISSING`, `TASK_FAILED`. */
  latestTaskResult(task: TaskName): Promise<unknown>;
  /** The value of another workflow, by its folder or the file that it is in. Throws `RESULT_MISSING`, `TASK_FAILED`. */
  loadWorkflowResult(path: string): Promise<unknown>;
}

/** Where a workflow keeps what it knows of its children. */
export function workflowHome(jobFolder: string): string {
  return join(jobFolder, "workflow");
}

/** Makes the context of a workflow that runs in this job. */
export function createWorkflowContext(
  cluster: Cluster,
  job: JobContext,
  environment: Readonly<Record<string, string | undefined>>,
): WorkflowContext {
  const folder = job.outputDir;
  const tasksDir = join(workflowHome(folder), "jobs");
  const taskRuns = (task: TaskName): readonly TaskRun[] => {
    const name = idOf(task);
    // Ids of jobs are ordered by their time.
    return list(tasksDir)
      .sort()
      .reverse()
      .flatMap((id) => {
        const run = runIn(join(tasksDir, id));
        return run !== undefined && (run.task === name || run.name === name) ? [run] : [];
      });
  };
  return {
    cluster,
    workflowJobId: job.jobId,
    workflowJobDir: folder,
    sharedDir: job.sharedDir,
    localMode: environment["SLURM_CLUSTER_NAME"] === "process",
    resultPath: join(folder, "files", resultName(job.arrayIndex)),
    metadataPath: join(folder, "files", stateName(job.arrayIndex)),
    tasksDir,
    get signal() {
      return job.signal;
    },
    taskOutputDir(name) {
      if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name)) {
        const problem = "takes letters, digits and _ . - only, since it becomes a folder";
        throw new SluiceError("INPUT_INVALID", `taskOutputDir: the name ${JSON.stringify(name)} ${problem}`);
      }
      const output = join(folder, "tasks", name);
      mkdirSync(output, { recursive: true });
      return output;
    },
    taskRuns,
    async latestTaskResult(task) {
      const run = taskRuns(task).find(({ directory }) => resultsIn(directory).length > 0);
      if (run !== undefined) return valueIn(run.directory);
      throw missing(`no child of this workflow that ran ${JSON.stringify(idOf(task))} has left a value`);
    },
    async loadWorkflowResult(path) {
      const there = resolve(folder, path);
      if (!existsSync(there)) throw missing(`there is nothing at ${there}`);
      return statSync(there).isDirectory() ? valueIn(there) : valueOf(there, basename(dirname(dirname(there))));
    },
  };
}

function idOf(task: TaskName): string {
  return typeof task === "string" ? task : task.definition.id;
}

function runIn(directory: string): TaskRun | undefined {
  try {
    const header = readCallHeader(readFileSync(join(directory, "user-script"), "utf8"));
    return header && { id: basename(directory), task: header.task, name: header.name, directory };
  } catch {
    // A job that is being placed, or has been removed.
    return undefined;
  }
}

/** The one result of a job, or those of an array in order. */
function resultsIn(directory: string): readonly string[] {
  const numbered = list(join(directory, "files")).flatMap((name) => {
    const [whole, task] = /^result(?:\.(\d+))?\.json$/.exec(name) ?? [];
    return whole === undefined ? [] : [{ name, task: Number(task ?? 0) }];
  });
  return numbered.sort((a, b) => a.task - b.task).map(({ name }) => name);
}

async function valueIn(directory: string): Promise<unknown> {
  const names = resultsIn(directory);
  if (names.length === 0) throw missing(`the job in ${directory} has left no value`);
  const values = await Promise.all(names.map((name) => valueOf(join(directory, "files", name), basename(directory))));
  return names[0] === resultName() ? values[0] : values;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function missing(problem: string): SluiceError {
  return new SluiceError("RESULT_MISSING", problem);
}
