import { SluiceError } from "../../errors.ts";
import type { Cluster, OutputFile, SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { sbatch } from "../../slurm/commands/sbatch.ts";
import { scancel } from "../../slurm/commands/scancel.ts";
import { jobDirectory, readNote, taskFile, type JobNote } from "./job-folder.ts";
import { findJob } from "./find.ts";
import { observeJob } from "./observe.ts";
import { shownOutputs } from "./shown-outputs.ts";
import { planSubmission } from "./submission.ts";
import { userScriptName, wrapperName } from "./wrapper.ts";

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

  const cluster: Cluster = {
    kind: "slurm",
    name,
    capabilities: new Set(["arrays", "multi-node", "gpus", "dependencies", "holds", "accounting"]),

    async submit(request, signal) {
      const directory = jobDirectory(base, request.jobId);
      const plan = planSubmission(request, directory, environment);
      const isNew = await runner.makeDirectory(directory, { mode: 0o700 }, signal);
      if (!isNew) {
        const known = await cluster.find(request.jobId, signal);
        if (known !== undefined) return known;
      }
      const write = (file: string, content: string | Uint8Array, mode: number): Promise<void> =>
        runner.writeFile(`${directory}/${file}`, content, { mode }, signal);
      try {
        await write("job.json", `${JSON.stringify(plan.note)}\n`, 0o600);
        await write(userScriptName, request.script, 0o700);
        await write(wrapperName, plan.wrapper, 0o700);
        const command = sbatch({ script: `${directory}/${wrapperName}`, args: request.args, options: plan.options });
        const { nativeId } = await runner.run(command, {
          signal,
          directory: request.workDirectory,
          deadlineMs: submitDeadlineMs,
        });
        await write("id", `${nativeId}\n`, 0o600);
        return submitted(request.jobId, nativeId, directory, plan.note);
      } catch (error) {
        if (isNew && wasNotTaken(error)) await runner.removeDirectory(directory, AbortSignal.timeout(10_000));
        throw error;
      }
    },

    async find(jobId, signal) {
      const directory = jobDirectory(base, jobId);
      const nativeId = await findJob(runner, directory, signal);
      if (nativeId === undefined) return undefined;
      return submitted(jobId, nativeId, directory, await readNote(runner, directory, signal));
    },

    observe: (job, signal) => observeJob(runner, job, signal),

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
