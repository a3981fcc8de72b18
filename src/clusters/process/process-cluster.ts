import { spawn } from "node:child_process";
import { hostname, userInfo, availableParallelism } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import type { Cluster, OutputFile, SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { JobPlan, planJob } from "./job-plan.ts";
import { JobReport, observeTask } from "./job-report.ts";
import { releaseNativeId, takeNativeId } from "./native-ids.ts";
import { identify, isRunning, processesWith, sendSignal } from "./processes.ts";

export interface ProcessClusterOptions {
  readonly name: string;
  /** Absolute path; `jobs/` and `process/` are made in it. */
  readonly base: string;
  /** Reads and writes the folders of jobs. */
  readonly runner: Runner;
  /** What jobs inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const Supervisor = z.strictObject({ pid: z.int(), startTicks: z.number() });

/** Far above what an array of 100,000 tasks takes. */
const maxBytes = 64 * 1024 * 1024;

/**
 * Runs jobs on this machine as plain processes, with the variables that Slurm would set. Each job has a supervisor of its
 * own (`supervisor.ts`), which goes on when Sluice ends. Nothing is scheduled: a job starts at once.
 */
export function createProcessCluster({ name, base, runner, environment }: ProcessClusterOptions): Cluster {
  const directoryOf = (jobId: string): string => `${base}/jobs/${jobId}`;

  const readJson = async <T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined> => {
    const slice = await runner.readFile(path, { offset: 0, maxBytes }, signal);
    if (slice === undefined) return undefined;
    try {
      return schema.parse(JSON.parse(Buffer.from(slice.bytes).toString("utf8")));
    } catch (error) {
      throw new SluiceError("FILE_UNREADABLE", `"${path}" is damaged`, { cause: error, details: { path } });
    }
  };
  const readPlan = async (directory: string, signal: AbortSignal): Promise<JobPlan> => {
    const plan = await readJson(`${directory}/job.json`, JobPlan, signal);
    if (plan === undefined) throw new SluiceError("JOB_NOT_FOUND", `there is no job in ${directory}`);
    return plan;
  };

  const cluster: Cluster = {
    kind: "process",
    name,
    capabilities: new Set(["arrays"]),

    async submit(request, signal) {
      const directory = directoryOf(request.jobId);
      const known = await cluster.find(request.jobId, signal);
      if (known !== undefined) return known;
      const { username, uid } = userInfo();
      const host = {
        hostname: hostname(),
        user: username,
        uid,
        cpus: availableParallelism(),
        environment,
        now: new Date().toISOString(),
      };
      // Refused before anything is made.
      planJob(request, "0", directory, host);
      const nativeId = await takeNativeId(base, request.jobId);
      const plan = planJob(request, nativeId, directory, host);
      await runner.makeDirectory(directory, { mode: 0o700 }, signal);
      try {
        await runner.writeFile(`${directory}/user-script`, request.script, { mode: 0o700 }, signal);
        const report = { tasks: plan.tasks.map((task) => ({ nativeId: task.nativeId, state: "pending" })) };
        await runner.writeFile(`${directory}/report.json`, JSON.stringify(report), { mode: 0o600 }, signal);
        await runner.writeFile(`${directory}/job.json`, JSON.stringify(plan), { mode: 0o600 }, signal);
        const supervisor = startSupervisor(directory, environment);
        await runner.writeFile(`${directory}/supervisor.json`, JSON.stringify(supervisor), { mode: 0o600 }, signal);
      } catch (error) {
        await runner.removeDirectory(directory, AbortSignal.timeout(10_000));
        await releaseNativeId(base, nativeId);
        throw error;
      }
      return submitted(plan, directory);
    },

    async find(jobId, signal) {
      const directory = directoryOf(jobId);
      const supervisor = await readJson(`${directory}/supervisor.json`, Supervisor, signal);
      return supervisor === undefined ? undefined : submitted(await readPlan(directory, signal), directory);
    },

    async observe(job, signal) {
      const plan = await readJson(`${job.directory}/job.json`, JobPlan, signal);
      const supervisor = await readJson(`${job.directory}/supervisor.json`, Supervisor, signal);
      const running = supervisor !== undefined && isRunning(supervisor);
      // Read after the look at the supervisor: what it wrote last is then there.
      const report = await readJson(`${job.directory}/report.json`, JobReport, signal);
      if (plan === undefined || report === undefined) return [];
      const facts = { name: plan.name, host: hostname(), submittedAt: plan.submittedAt };
      return report.tasks
        .filter((task) => running || task.exit !== undefined || processesWith("SLUICE_JOB_ID", job.jobId).length > 0)
        .map((task) => observeTask(task, facts));
    },

    async cancel(job, signal) {
      await runner.writeFile(`${job.directory}/cancel`, "", { mode: 0o600 }, signal);
      const supervisor = await readJson(`${job.directory}/supervisor.json`, Supervisor, signal);
      if (supervisor !== undefined && isRunning(supervisor)) sendSignal(supervisor.pid, "SIGTERM");
      else for (const pid of processesWith("SLUICE_JOB_ID", job.jobId)) sendSignal(pid, "SIGKILL");
    },

    async outputs(job, observations, signal) {
      const plan = await readPlan(job.directory, signal);
      const wanted = new Set(observations.map(({ nativeId }) => nativeId));
      return plan.tasks
        .filter(({ nativeId }) => wanted.has(nativeId))
        .flatMap(({ nativeId, stdout, stderr }): OutputFile[] => [
          { stream: "stdout", path: stdout, nativeId },
          ...(stderr === undefined || stderr === stdout ? [] : [{ stream: "stderr", path: stderr, nativeId } as const]),
        ]);
    },

    readOutput: (file, range, signal) => runner.readFile(file.path, range, signal),

    async forget(job, signal) {
      await runner.removeDirectory(job.directory, signal);
      await releaseNativeId(base, job.nativeId);
    },
  };
  return cluster;
}

function submitted(plan: JobPlan, directory: string): SubmittedJob {
  const tasks = plan.tasks.map(({ nativeId }) => Number(nativeId.split("_")[1]));
  return { jobId: plan.jobId, nativeId: plan.nativeId, directory, ...(plan.isArray && { tasks }) };
}

function startSupervisor(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<typeof Supervisor> {
  // Compiled or not, the program stands beside this file.
  const program = fileURLToPath(new URL(`./supervisor${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(process.execPath, [program, directory], {
    cwd: "/",
    env: environment,
    detached: true,
    stdio: "ignore",
  });
  child.on("error", () => {});
  child.unref();
  if (child.pid === undefined) throw new SluiceError("COMMAND_FAILED", "the job's supervisor could not be started");
  return identify(child.pid);
}
