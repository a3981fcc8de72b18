import { SluiceError } from "../../../errors.ts";
import { systemClock } from "../../../jobs/clock.ts";
import type { Cluster, SubmittedJob } from "../../../jobs/cluster.ts";
import type { JobObservation } from "../../../schema/job.ts";
import { readRestJobs, type ShownJob } from "../../../slurm/rest/rest-jobs.ts";
import { readEnvelope, restErrorNumbers, restFailure } from "../../../slurm/rest/rest-reply.ts";
import { observeQueued } from "../queue.ts";
import { settleJobs } from "../settle.ts";
import { createSlurmCluster, type SlurmClusterOptions } from "../slurm-cluster.ts";
import type { RestSession } from "./rest-session.ts";
import { folderCheck } from "./folder-check.ts";
import { readSubmitHost, type SubmitHost } from "./submit-host.ts";
import type { SubmitAnswer } from "../submit-jobs.ts";
import { submitPosted } from "./submit-posted.ts";

export interface RestClusterOptions extends SlurmClusterOptions {
  readonly session: RestSession;
}

const readDeadlineMs = 30_000;

/** Of slurm_errno.h: no such job, and one that has ended already. */
const invalidJobId = 2017;
const alreadyDone = 2021;

/**
 * A Slurm cluster whose jobs are submitted, looked at one by one and ended by slurmrestd, and that is in all else the one
 * that Slurm's commands show: lists of slurmrestd cost ten to three hundred times as much as theirs, files it has none,
 * and a hold by it is one that the job's owner may not undo where an operator asked for it.
 */
export function createRestCluster({ session, ...options }: RestClusterOptions): Cluster {
  const { name, runner, base, environment } = options;
  const slurm = createSlurmCluster(options);
  const canEnter = folderCheck(runner, () => systemClock.now());

  let looked: Promise<SubmitHost> | undefined;
  /** The host of the commands, once it is known that jobs of this session and their folders have one user. */
  const host = (signal: AbortSignal): Promise<SubmitHost> => {
    looked ??= (async () => {
      const found = await readSubmitHost(runner, signal);
      const user = await session.user(signal);
      if (user !== undefined && user !== found.user) throw otherUser(name, user, found, runner.host);
      return found;
    })();
    looked.catch(() => (looked = undefined));
    return looked;
  };

  async function observe(job: SubmittedJob, signal: AbortSignal): Promise<readonly JobObservation[]> {
    const shown = await show(job, signal);
    if (shown === undefined) return slurm.observe(job, signal);
    const seen = new Map(shown.map((one) => [one.nativeId, observeQueued(one)]));
    const settled = await settleJobs(runner, [job], (nativeId) => seen.has(nativeId), signal);
    return [...seen.values(), ...(settled.get(job.jobId) ?? [])];
  }

  /** What slurmctld has of the job, nothing where it has forgotten it; `undefined` where squeue must tell. */
  async function show({ nativeId }: SubmittedJob, signal: AbortSignal): Promise<readonly ShownJob[] | undefined> {
    const reply = await session.call("GET", `job/${nativeId}`, { signal, deadlineMs: readDeadlineMs });
    const envelope = readEnvelope(reply);
    if (restErrorNumbers(envelope).includes(invalidJobId)) return [];
    // v0.0.38 says "Unspecified error" where there is no slurmctld to answer.
    if (reply.status !== 200) throw restFailure(reply, envelope, "CLUSTER_UNREACHABLE");
    return readRestJobs(reply, envelope);
  }

  async function kill({ nativeId }: SubmittedJob, query: string, signal: AbortSignal): Promise<void> {
    const reply = await session.call("DELETE", `job/${nativeId}${query}`, { signal, deadlineMs: readDeadlineMs });
    const envelope = readEnvelope(reply);
    const settled = restErrorNumbers(envelope).some((number) => number === invalidJobId || number === alreadyDone);
    if (reply.status === 200 || settled) return;
    throw restFailure(reply, envelope, "ACTION_REFUSED");
  }

  const cluster: Cluster = {
    ...slurm,
    kind: "slurm-rest",

    async submit(request, signal) {
      const [answer] = await cluster.submitAll([request], signal);
      if (answer === undefined) throw new Error("a submission has no answer");
      if ("error" in answer) throw answer.error;
      return answer;
    },

    async submitAll(requests, signal) {
      const posted = await (async () => {
        try {
          const [there, version] = await Promise.all([host(signal), session.version(signal)]);
          const find = slurm.find.bind(slurm);
          const deps = { runner, session, base, environment, canEnter, find, host: there, version };
          return await Promise.all(requests.map((request) => submitPosted(deps, request, signal)));
        } catch (error) {
          return requests.map((): SubmitAnswer => ({ error }));
        }
      })();
      const others = requests.filter((_, at) => posted[at] === "bySbatch");
      const bySbatch = others.length === 0 ? [] : [...(await slurm.submitAll(others, signal))];
      return posted.map((answer) =>
        answer === "bySbatch" ? (bySbatch.shift() ?? { error: new Error("a submission has no answer") }) : answer,
      );
    },

    observe,

    async queue(signal) {
      await host(signal);
      return slurm.queue(signal);
    },

    async queueOf(nativeId, signal) {
      await host(signal);
      return (await slurm.queueOf?.(nativeId, signal)) ?? [];
    },

    async inventory(signal) {
      await Promise.all([host(signal), session.version(signal)]);
      return slurm.inventory(signal);
    },

    async cancel(job, signal) {
      await runner.writeFile(`${job.directory}/cancel`, "", { mode: 0o600 }, signal);
      await kill(job, "", signal);
    },
  };
  return cluster;
}

function otherUser(name: string, user: string, host: SubmitHost, where: string): SluiceError {
  return new SluiceError(
    "CONFIG_INVALID",
    `cluster "${name}": slurmrestd would run jobs as "${user}", while commands run as "${host.user}" on ${where}; a job could ` +
      "not read its own folder. Use a token and a login of one user",
    { details: { field: "user", rest: user, commands: host.user } },
  );
}
