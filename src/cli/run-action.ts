import type { ClusterView, Job } from "../client/client.ts";
import { isErrorCode } from "../error-codes.ts";
import { SluiceError } from "../errors.ts";
import type { Context } from "./command.ts";
import { chooseCluster, isAway, placeJob, readJob } from "./jobs/read-job.ts";
import { openJobsClient, type JobsClient } from "./jobs/jobs-client.ts";
import { followRun } from "./run-follow.ts";
import { readRunArguments, type RunArguments } from "./run-arguments.ts";
import { toRecord } from "./run-record.ts";
import { RunView } from "./run-view.ts";

/** The folder of a job is small; a file system that takes longer is not worth waiting for. */
const cleanUpMs = 10_000;

/** `sluice run`. Returns the job's own exit code; 130 for a run that was interrupted. */
export async function run(context: Context, argv: readonly string[], showHelp: () => void): Promise<number> {
  const args = readRunArguments(argv);
  if (args.help) {
    showHelp();
    return 0;
  }
  const { signal } = context;
  const read = await readJob(args, context);
  const { testCluster } = await context.config();
  const named = args.body.cluster;
  const withProcess = (named ?? testCluster) === "process";
  await using jobs = await openJobsClient(context, { look: false, withProcess });
  const cluster = await chooseCluster(jobs.client, { named, testCluster }, signal);
  if (isAway(cluster)) throw unreachable(cluster);
  const view = new RunView(context.io, cluster.name, args);
  if (cluster.kind === "process" && named === undefined) {
    view.say(
      `${cluster.name} is this machine itself: the job runs as a plain process, with the variables that Slurm would set`,
    );
  }
  jobs.handle(cluster.name);
  const job = await jobs.client.submit(placeJob(read, cluster, jobs, context.cwd), {
    // An interrupt while this is under way cancels the job that comes of it.
    signal: context.urgent,
    idempotencyKey: args.idempotencyKey,
  });
  const ended = await follow(context, { args, jobs, job, cluster, view });
  return ended === undefined ? 130 : await conclude(context, { args, jobs, job: ended, cluster, view });
}

interface Run {
  readonly args: RunArguments;
  readonly jobs: JobsClient;
  readonly job: Job;
  readonly cluster: ClusterView;
  readonly view: RunView;
}

/** The job when it has ended; `undefined` where the user would not wait for that. */
async function follow(context: Context, { args, jobs, job, cluster, view }: Run): Promise<Job | undefined> {
  const { signal, urgent } = context;
  const { timeoutMs } = args;
  try {
    return await followRun({ client: jobs.client, cluster: cluster.name, view }, job, { signal, urgent, timeoutMs });
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const left = await jobs.client.job(job.id).catch(() => job);
    if (left.state === "rejected" || left.state === "cancelled") throw error;
    const name = left.nativeId === undefined ? `job ${left.id}` : `job ${left.nativeId} on ${cluster.name}`;
    const folder = left.directory === undefined ? "" : `; its folder is ${left.directory}`;
    view.say(`${name} ${signal.aborted ? "was asked to end, and" : "goes on; it"} was left to itself${folder}`);
    view.say(`follow it with: sluice logs ${left.id} -f`);
    if (!urgent.aborted) throw error;
    return undefined;
  }
}

/** Says how the job ended, and takes away what nobody needs any more. */
async function conclude({ io, signal }: Context, { args, jobs, job, cluster, view }: Run): Promise<number> {
  const { client } = jobs;
  if (job.nativeId === undefined) {
    throw new SluiceError("CANCELLED", `job ${job.id} was cancelled before "${cluster.name}" had taken it`);
  }
  const record = toRecord(job, await client.tasks(job.id), cluster.kind);
  view.end(record);
  if (args.keep) view.say(`kept in ${job.directory}`);
  else await client.forget(job.id, { signal: AbortSignal.timeout(cleanUpMs) });
  const { directory } = job;
  if (args.json) io.out(`${JSON.stringify(args.keep ? { ...record, directory } : record)}\n`);
  return signal.aborted && record.state !== "completed" ? 130 : record.exitCode;
}

function unreachable({ name, message = `"${name}" does not answer`, code = "" }: ClusterView): SluiceError {
  return new SluiceError(isErrorCode(code) ? code : "CLUSTER_UNREACHABLE", message, { details: { cluster: name } });
}
