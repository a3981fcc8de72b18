import type { Client, ClusterView, Job, JobBody } from "../../client/client.ts";
import { errorCodes } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import { exitCodeOf } from "../../jobs/exit-code.ts";
import type { Context } from "../command.ts";
import { table } from "../table.ts";
import { plain } from "./job-text.ts";
import { chooseCluster, isAway, placeJob, readJob } from "./read-job.ts";
import { openJobsClient } from "./jobs-client.ts";
import { readSubmitArguments, type SubmitArguments } from "./submit-arguments.ts";

/** How long a process that submits by itself waits for the cluster to take the job. */
const handOverMs = 30_000;

/** `sluice submit`. Returns 0 once the job is stored; with `--wait` the job's own exit code. */
export async function submit(context: Context, argv: readonly string[], showHelp: () => void): Promise<number> {
  const args = readSubmitArguments(argv);
  if (args.help) {
    showHelp();
    return 0;
  }
  const { io, signal } = context;
  const job = await readJob(args, context);
  const { testCluster } = await context.config();
  const named = args.body.cluster;
  const withProcess = (named ?? testCluster) === "process";
  await using jobs = await openJobsClient(context, { look: args.testOnly, withProcess });
  const { client, isLocal } = jobs;
  if (args.testOnly && named === undefined) return await testOnly(context, client, job, args);
  const cluster = await chooseCluster(client, { named, testCluster }, signal);
  const body = placeJob(job, cluster, jobs, context.cwd);
  if (args.testOnly) return await testOnly(context, client, body, args);
  jobs.handle(cluster.name);

  const { idempotencyKey } = args;
  const accepted = await client.submit(body, { signal, idempotencyKey });
  if (!args.json) io.out(`${accepted.id}\n`);
  const last = args.wait
    ? await untilEnd(context, client, accepted)
    : isLocal
      ? await handOver(context, client, accepted, cluster)
      : accepted;
  if (last === undefined) return errorCodes.CANCELLED.exit;
  if (args.json) io.out(`${JSON.stringify(last)}\n`);
  if (last.state === "rejected")
    throw new SluiceError("SUBMIT_REJECTED", last.error?.message ?? "the scheduler refused the job");
  return args.wait ? exitCodeOf({ ...last, nativeId: last.nativeId ?? "-", rawState: last.rawState ?? "" }) : 0;
}

/** The job once it has ended; `undefined` for who does not wait for that, and is told that the job goes on. */
async function untilEnd({ io, signal }: Context, client: Client, { id }: Job): Promise<Job | undefined> {
  try {
    return await client.wait(id, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    io.err(`sluice: the job goes on; \`sluice logs -f ${id}\` follows it, \`sluice cancel ${id}\` ends it\n`);
    return undefined;
  }
}

/** Without a gateway nobody but this process hands the job to its cluster, so it stays until that has happened. */
async function handOver({ io, signal }: Context, client: Client, job: Job, cluster: ClusterView): Promise<Job> {
  const { message = "its cluster does not answer" } = cluster;
  if (isAway(cluster)) {
    io.err(`sluice: the job is stored, and handed over when that can be: ${message}\n`);
    return job;
  }
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(handOverMs)]);
  try {
    return await client.wait(job.id, {
      signal: deadline,
      until: ({ state }) => state !== "accepted" && state !== "submitting",
    });
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error;
    io.err(`sluice: the job is stored, and its cluster has not taken it yet; \`sluice serve\` goes on trying\n`);
    return client.job(job.id);
  }
}

async function testOnly(
  { io, signal }: Context,
  client: Client,
  body: JobBody,
  { json }: SubmitArguments,
): Promise<number> {
  const results = await client.test(body, { signal });
  if (json) io.out(`${JSON.stringify({ results }, undefined, 2)}\n`);
  else {
    io.out(
      table(
        ["CLUSTER", "TAKES IT", "START", "NODES", "MESSAGE"],
        results.map(({ cluster, accepted, startAt, nodes, message }) => [
          cluster,
          accepted ? "yes" : "no",
          startAt ?? "-",
          nodes ?? "-",
          plain(message),
        ]),
      ),
    );
  }
  if (results.some(({ accepted }) => accepted)) return 0;
  throw new SluiceError("SUBMIT_REJECTED", "no cluster takes this job");
}
