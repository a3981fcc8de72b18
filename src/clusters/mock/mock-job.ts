import type { Clock } from "../../jobs/clock.ts";
import type { JobLimits, OutputFile, SubmittedJob, SubmitRequest } from "../../jobs/cluster.ts";
import { expandOutputPattern } from "../../slurm/commands/output-path.ts";
import { parseNodeRange } from "../../slurm/values/node-range.ts";
import { compressHostlist } from "../../slurm/values/hostlist.ts";
import type { ClusterInventory } from "../../schema/cluster-inventory.ts";
import type { BatchRequest } from "../batch-request.ts";
import { jobFilePath } from "../cluster-files.ts";
import { dependencyReason, type MockDependency } from "./dependency.ts";
import type { MockFiles } from "./mock-files.ts";
import { MockTask } from "./mock-task.ts";
import { toWalk, type MockOutcome } from "./outcome.ts";

/** A submission as the cluster got it: what would have run, and with what. */
export interface MockSubmission {
  readonly jobId: string;
  readonly nativeId: string;
  readonly name: string;
  /** The script as text, and byte for byte. */
  readonly script: string;
  readonly scriptBytes: Uint8Array;
  readonly args: readonly string[];
  /** The options that count, from script, command line and environment, by long name; empty text where one has no value. */
  readonly options: ReadonlyMap<string, string>;
  readonly environment: Readonly<Record<string, string>>;
  /** Where the script would start. */
  readonly workDirectory: string;
  /** The tasks of an array. */
  readonly tasks?: readonly number[];
  /** Signals that it was sent, in order. */
  readonly signals: readonly string[];
  /** Limits that it was given since. */
  readonly limits: JobLimits;
}

export interface MockJobDeps {
  readonly request: SubmitRequest;
  readonly batch: BatchRequest;
  readonly nativeId: string;
  readonly directory: string;
  readonly clock: Clock;
  readonly files: MockFiles;
  readonly user: string;
  readonly inventory: ClusterInventory;
  /** Whether it has whatever is asked for, though its inventory shows less. */
  readonly isBoundless: boolean;
  readonly dependency: MockDependency;
  readonly outcome: (submission: MockSubmission, task: number | undefined) => MockOutcome;
}

/** One job that the mock has taken, with its tasks. */
export interface MockJob {
  readonly submission: MockSubmission & { readonly signals: string[]; limits: JobLimits };
  readonly submitted: SubmittedJob;
  /** One for each task of an array, one alone for a job that is none. */
  readonly tasks: readonly MockTask[];
  readonly outputs: ReadonlyMap<string, readonly OutputFile[]>;
  readonly partition: string;
  isHeld: boolean;
}

export function createMockJob(deps: MockJobDeps): MockJob {
  const { request, batch, nativeId, directory, clock, inventory, isBoundless, dependency } = deps;
  const { options, array } = batch;
  const name = options.get("job-name") ?? request.name;
  const workDirectory = options.get("chdir") ?? request.workDirectory ?? directory;
  const partition = options.get("partition") ?? inventory.partitions[0]?.name ?? "";
  const members = inventory.nodes.filter((node) => isBoundless || node.partitions.includes(partition));
  const wanted = parseNodeRange(options.get("nodes") ?? "1").min;
  const numbers: readonly (number | undefined)[] = array?.indices ?? [undefined];

  const outputs = new Map(
    numbers.map((task) => [taskId(nativeId, task), outputFiles(deps, { name, workDirectory, task })] as const),
  );
  const submission = {
    jobId: request.jobId,
    nativeId,
    name,
    script: Buffer.from(request.script).toString("utf8"),
    scriptBytes: request.script,
    args: request.args,
    options,
    environment: request.environment ?? {},
    workDirectory,
    ...(array !== undefined && { tasks: array.indices }),
    signals: [],
    limits: {},
  };
  const waitsFor = (task: number | undefined): string | undefined => {
    if (job.isHeld) return "JobHeldUser";
    if (wanted > members.length && !isBoundless) return "PartitionConfig";
    if (job.tasks.filter(({ isRunning }) => isRunning).length >= (array?.limit ?? Infinity)) return "JobArrayTaskLimit";
    return dependencyReason(dependency, task, clock.now());
  };
  const facts = { name, partition, submittedAt: new Date(clock.now()).toISOString() };
  const nodes = compressHostlist(members.slice(0, wanted).map((node) => node.name));
  const job: MockJob = {
    submission,
    submitted: {
      jobId: request.jobId,
      nativeId,
      directory,
      ...(array !== undefined && { tasks: array.indices }),
    },
    outputs,
    partition,
    isHeld: options.has("hold"),
    tasks: numbers.map((task) => {
      const id = taskId(nativeId, task);
      const files = outputs.get(id) ?? [];
      return new MockTask({
        nativeId: id,
        task,
        walk: toWalk(deps.outcome(submission, task)),
        clock,
        gate: () => waitsFor(task),
        begin: () => {
          for (const { path } of files) deps.files.empty(path);
        },
        print(stream, words) {
          // Standard error goes where standard output goes where it has no file of its own.
          const file = files.find((one) => one.stream === stream) ?? files[0];
          if (file !== undefined) deps.files.append(file.path, words);
        },
        leave: (file, content) => deps.files.write(jobFilePath(directory, file), content),
        facts,
        nodes,
      });
    }),
  };
  return job;
}

function taskId(nativeId: string, task: number | undefined): string {
  return task === undefined ? nativeId : `${nativeId}_${task}`;
}

/** As sbatch places them: sbatch(1), --output and --error; in the job's own folder where the user names no file. */
function outputFiles(
  { batch: { options }, nativeId, directory, user }: MockJobDeps,
  {
    name,
    workDirectory,
    task,
  }: { readonly name: string; readonly workDirectory: string; readonly task: number | undefined },
): readonly OutputFile[] {
  const facts = {
    jobId: nativeId,
    user,
    name,
    workDirectory,
    ...(task !== undefined && { arrayJobId: nativeId, task }),
  };
  const file = (stream: OutputFile["stream"], pattern: string | undefined): OutputFile => {
    const own = `${directory}/${task === undefined ? stream : `${stream}.${task}`}`;
    const path = pattern === undefined ? own : (expandOutputPattern(pattern, facts) ?? pattern);
    return { stream, path, nativeId: taskId(nativeId, task) };
  };
  const [output, error] = [options.get("output"), options.get("error")];
  const stdout = file("stdout", output);
  return output !== undefined && error === undefined ? [stdout] : [stdout, file("stderr", error)];
}
