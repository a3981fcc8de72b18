import { randomUUID } from "node:crypto";
import { SluiceError } from "../../errors.ts";
import type { Cluster, OutputFile, Settlement, SubmitRequest, SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { sbatch } from "../../slurm/commands/sbatch.ts";
import { sbatchTest } from "../../slurm/commands/sbatch-test.ts";
import { scancel } from "../../slurm/commands/scancel.ts";
import { showConfig, type ShownConfig } from "../../slurm/commands/scontrol-show-config.ts";
import { changeJob, controlJob, signalJob } from "./control.ts";
import { jobDirectory, readNote, taskFile, type JobNote } from "./job-folder.ts";
import { findJob } from "./find.ts";
import { readInventory } from "./inventory.ts";
import { observeJob } from "./observe.ts";
import { listQueue } from "./queue.ts";
import { requestBudget, keepsJobsPrivate } from "./site-rules.ts";
import { settleJobs } from "./settle.ts";
import { shownOutputs } from "./shown-outputs.ts";
import { planSubmission } from "./submission.ts";
import { submitOnce, type OnceAnswer, type OnceRequest } from "./submit-once.ts";
import { environmentName, userScriptName, wrapperName } from "./wrapper.ts";

export interface SlurmClusterOptions {
  readonly name: string;
  readonly runner: Runner;
  /** Absolute path of a folder that all nodes see; `jobs/` is made in it. */
  readonly base: string;
  /** What sbatch finds in its environment on that host. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** sbatch asks slurmctld and may wait out a busy one; far above its MessageTimeout of 10 s. */
const submitDeadlineMs = 120_000;

/** A Slurm cluster, through the commands of its own on some host. */
export function createSlurmCluster({ name, runner, base, environment }: SlurmClusterOptions): Cluster {
  /** Output files that the user named: Slurm tells them for as long as it remembers the job. */
  const outputsSeen = new Map<string, readonly OutputFile[]>();
  let config: ShownConfig | undefined;
  const siteConfig = async (signal: AbortSignal): Promise<ShownConfig> =>
    (config ??= await runner.run(showConfig(), { signal }));

  const remove = (directory: string): Promise<void> =>
    runner.removeDirectory(directory, AbortSignal.timeout(10_000)).catch(() => {});

  /** Makes a job's folder with all that is in it; gives the job itself where the scheduler has it already. */
  async function place(request: SubmitRequest, signal: AbortSignal): Promise<PlacedJob | SubmittedJob | Failed> {
    const directory = jobDirectory(base, request.jobId);
    let isNew = false;
    try {
      const plan = planSubmission(request, directory, environment);
      isNew = await runner.makeDirectory(directory, { mode: 0o700 }, signal);
      if (!isNew) {
        const known = await cluster.find(request.jobId, signal);
        if (known !== undefined) return known;
      }
      const write = (file: string, content: string | Uint8Array, mode: number): Promise<void> =>
        runner.writeFile(`${directory}/${file}`, content, { mode }, signal);
      await Promise.all([
        write("job.json", `${JSON.stringify(plan.note)}\n`, 0o600),
        write(userScriptName, request.script, 0o700),
        write(wrapperName, plan.wrapper, 0o700),
        ...(plan.environment === undefined ? [] : [write(environmentName, plan.environment, 0o600)]),
      ]);
      const batch = sbatch({ script: `${directory}/${wrapperName}`, args: request.args, options: plan.options });
      const workDirectory = request.workDirectory ?? directory;
      return { jobId: request.jobId, directory, workDirectory, batch, note: plan.note, isNew };
    } catch (error) {
      if (isNew) await remove(directory);
      return { error };
    }
  }

  const cluster: Cluster = {
    kind: "slurm",
    name,
    capabilities: new Set(["arrays", "multi-node", "gpus", "dependencies", "holds", "accounting"]),

    async submit(request, signal) {
      const [answer] = await cluster.submitAll([request], signal);
      if (answer === undefined) throw new Error("a submission has no answer");
      if ("error" in answer) throw answer.error;
      return answer;
    },

    async submitAll(requests, signal) {
      const placed = await Promise.all(requests.map((request) => place(request, signal)));
      const ready = placed.filter((one) => "batch" in one);
      const outcomes = new Map<PlacedJob, OnceAnswer>();
      if (ready.length > 0) {
        const locks = `${base}/locks`;
        await runner.makeDirectory(locks, { mode: 0o700 }, signal);
        const boundary = randomUUID();
        const command = submitOnce({ boundary, lock: `${locks}/${boundary}` }, ready);
        const deadlineMs = submitDeadlineMs * ready.length;
        const run = runner.run(command, { signal, deadlineMs });
        const answers = await run.catch((error: unknown) => ready.map(() => ({ error })));
        for (const [at, one] of ready.entries()) outcomes.set(one, answers[at] ?? { error: new Error("no answer") });
      }
      return Promise.all(
        placed.map(async (one) => {
          if (!("batch" in one)) return one;
          const outcome = outcomes.get(one) ?? { error: new Error("no answer") };
          if ("nativeId" in outcome) return submitted(one.jobId, outcome.nativeId, one.directory, one.note);
          if (one.isNew && wasNotTaken(outcome.error)) await remove(one.directory);
          return outcome;
        }),
      );
    },

    async find(jobId, signal) {
      const directory = jobDirectory(base, jobId);
      const nativeId = await findJob(runner, directory, signal);
      if (nativeId === undefined) return undefined;
      return submitted(jobId, nativeId, directory, await readNote(runner, directory, signal));
    },

    observe: (job, signal) => observeJob(runner, job, signal),

    queue: (signal) => listQueue(runner, base, signal),

    async settle(jobs, signal) {
      const known = await settleJobs(runner, jobs, () => false, signal);
      const unknown = jobs.some(({ jobId }) => !known.has(jobId));
      const hidden = unknown && keepsJobsPrivate(await siteConfig(signal));
      return new Map(
        jobs.map(({ jobId }): [string, Settlement] => {
          const observations = known.get(jobId) ?? [];
          return [jobId, hidden && observations.length === 0 ? { hidden: true } : { known: observations }];
        }),
      );
    },

    control: (job, verb, signal) => controlJob(runner, job, verb, signal),

    signalJob: (job, signalName, signal) => signalJob(runner, job, signalName, signal),

    change: (job, limits, signal) => changeJob(runner, job, limits, signal),

    async test(request, signal) {
      // Refused here as a submission would be.
      planSubmission(request, jobDirectory(base, request.jobId), environment);
      const script = Buffer.from(request.script).toString("utf8");
      const { accepted, message, startAt, nodes } = await runner.run(sbatchTest({ script, options: request.options }), {
        signal,
        ...(request.workDirectory !== undefined && { directory: request.workDirectory }),
      });
      return { accepted, message, ...(startAt !== undefined && { startAt }), ...(nodes !== undefined && { nodes }) };
    },

    budget: async (signal) => requestBudget(await siteConfig(signal)),

    inventory: (signal) => readInventory(runner, signal),

    async cancel(job, signal) {
      await runner.writeFile(`${job.directory}/cancel`, "", { mode: 0o600 }, signal);
      await runner.run(scancel({ jobs: [job.nativeId] }), { signal });
    },

    async outputs(job, observations, signal) {
      const note = await readNote(runner, job.directory, signal);
      if (note.ownOutput) return observations.flatMap(({ nativeId }) => ownOutputs(job, nativeId));
      for (const observation of observations) {
        if (outputsSeen.has(observation.nativeId)) continue;
        const files = await shownOutputs(runner, observation, signal);
        if (files !== undefined) outputsSeen.set(observation.nativeId, files);
      }
      return observations.flatMap(({ nativeId }) => outputsSeen.get(nativeId) ?? []);
    },

    readOutput: (file, range, signal) => runner.readFile(file.path, range, signal),

    async forget(job, signal) {
      await runner.removeDirectory(job.directory, signal);
    },
  };
  return cluster;
}

/** A job whose folder is ready. */
interface PlacedJob extends OnceRequest {
  readonly jobId: string;
  readonly note: JobNote;
  /** Whether the folder was made for this submission. */
  readonly isNew: boolean;
}

interface Failed {
  readonly error: unknown;
}

function submitted(jobId: string, nativeId: string, directory: string, note: JobNote): SubmittedJob {
  return { jobId, nativeId, directory, ...(note.tasks !== undefined && { tasks: note.tasks }) };
}

function ownOutputs({ directory }: SubmittedJob, nativeId: string): OutputFile[] {
  const task = /_(\d+)$/.exec(nativeId)?.[1];
  return (["stdout", "stderr"] as const).map((stream) => ({
    stream,
    nativeId,
    path: `${directory}/${taskFile(stream, task === undefined ? undefined : Number(task))}`,
  }));
}

/** Whether the failure itself says that no job came of it. */
function wasNotTaken(error: unknown): boolean {
  if (!(error instanceof SluiceError)) return false;
  const codes: readonly string[] = ["SUBMIT_REJECTED", "SLURM_MISSING", "CONFIG_INVALID", "FILE_UNWRITABLE"];
  return codes.includes(error.code) || /connect failure/.test(error.message);
}
