import { SluiceError } from "../../errors.ts";
import type { Capability, Cluster, OutputFile, Settlement, SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { sbatchTest } from "../../slurm/commands/sbatch-test.ts";
import { scancel } from "../../slurm/commands/scancel.ts";
import { showConfig } from "../../slurm/commands/scontrol-show-config.ts";
import { clusterFiles } from "../cluster-files.ts";
import { changeJob, controlJob, signalJob } from "./control.ts";
import { gatherEvidence } from "./evidence/gather.ts";
import { cancelName, jobDirectory, readNote, taskFile } from "./job-folder.ts";
import { findJob } from "./find.ts";
import { readInventory } from "./inventory.ts";
import { observeJob } from "./observe.ts";
import { queueReader } from "./queue.ts";
import { askPrivately } from "./private-jobs.ts";
import { requestBudget, keepsJobsPrivate } from "./site-rules.ts";
import { saidEnded } from "./said-ended.ts";
import { settleJobs } from "./settle.ts";
import { namedOutputs } from "./named-outputs.ts";
import { planSubmission } from "./submission.ts";
import { submitJobs, submittedJob } from "./submit-jobs.ts";

export interface SlurmClusterOptions {
  readonly name: string;
  readonly runner: Runner;
  /** Absolute path of a folder that all nodes see; `jobs/` is made in it. */
  readonly base: string;
  /** What sbatch finds in its environment on that host. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export const slurmCapabilities: ReadonlySet<Capability> = new Set([
  "arrays",
  "multi-node",
  "gpus",
  "dependencies",
  "holds",
  "accounting",
]);

/** A Slurm cluster, through the commands of its own on some host. */
export function createSlurmCluster({ name, runner, base, environment }: SlurmClusterOptions): Cluster {
  const queue = queueReader(runner, base);
  const cluster: Cluster = {
    kind: "slurm",
    name,
    capabilities: slurmCapabilities,

    async submit(request, signal) {
      const [answer] = await cluster.submitAll([request], signal);
      if (answer === undefined) throw new Error("a submission has no answer");
      if ("error" in answer) throw answer.error;
      return answer;
    },

    submitAll: (requests, signal) =>
      submitJobs({ runner, base, environment, find: (...job) => cluster.find(...job) }, requests, signal),

    async find(jobId, signal, until) {
      const directory = jobDirectory(base, jobId);
      const nativeId = await findJob(runner, { directory, until }, signal);
      if (nativeId === undefined) return undefined;
      return submittedJob({ jobId, nativeId, directory, note: await readNote(runner, directory, signal) });
    },

    observe: (job, signal) => observeJob(runner, job, signal),

    queue: (signal) => queue.whole(signal),

    queueOf: (nativeId, signal) => queue.of(nativeId, signal),

    saidEnded: (jobs, signal) => saidEnded(runner, jobs, signal),

    async settle(jobs, signal) {
      const known = await settleJobs(runner, jobs, () => false, signal);
      const unknown = jobs.filter(({ jobId }) => !known.has(jobId));
      const isPrivate = unknown.length > 0 && keepsJobsPrivate(await runner.run(showConfig(), { signal }));
      const asked = isPrivate ? await askPrivately(runner, unknown, signal) : new Map<string, Settlement>();
      return new Map(jobs.map(({ jobId }) => [jobId, asked.get(jobId) ?? { known: known.get(jobId) ?? [] }] as const));
    },

    async control(job, verb, signal) {
      await controlJob(runner, job, verb, signal);
      // How it ends the next time is not what was asked for before.
      if (verb === "requeue") await runner.removeDirectory(`${job.directory}/${cancelName}`, signal);
    },

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

    evidence: (job, request, signal) => gatherEvidence({ runner, signal }, job, request),

    budget: async (signal) => requestBudget(await runner.run(showConfig(), { signal })),

    inventory: (signal) => readInventory(runner, signal),

    async cancel(job, signal) {
      // A note for who settles the job; where the folder is gone or its disk full, the job is to end all the same.
      await runner.writeFile(`${job.directory}/${cancelName}`, "", { mode: 0o600 }, signal).catch((error: unknown) => {
        if (!(error instanceof SluiceError && error.code === "FILE_UNWRITABLE")) throw error;
      });
      await runner.run(scancel({ jobs: [job.nativeId] }), { signal });
    },

    async outputs(job, observations, signal) {
      const note = await readNote(runner, job.directory, signal);
      if (note.ownOutput) return observations.flatMap(({ nativeId }) => ownOutputs(job, nativeId));
      const files: OutputFile[] = [];
      for (const observation of observations) files.push(...(await namedOutputs(runner, job, observation, signal)));
      return files;
    },

    readOutput: (file, range, signal) => runner.readFile(file.path, range, signal),

    ...clusterFiles(runner, base),

    async forget(job, signal) {
      await runner.removeDirectory(job.directory, signal);
    },
  };
  return cluster;
}

function ownOutputs({ directory }: SubmittedJob, nativeId: string): OutputFile[] {
  const task = /_(\d+)$/.exec(nativeId)?.[1];
  return (["stdout", "stderr"] as const).map((stream) => ({
    stream,
    nativeId,
    path: `${directory}/${taskFile(stream, task === undefined ? undefined : Number(task))}`,
  }));
}
