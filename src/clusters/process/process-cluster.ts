import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism, constants, hostname, totalmem, userInfo } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import { systemClock } from "../../jobs/clock.ts";
import type {
  Capability,
  Cluster,
  OutputFile,
  QueueEntry,
  Settlement,
  SubmitRequest,
  SubmittedJob,
} from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { submitterEnvironment } from "../caller-environment.ts";
import { clusterFiles } from "../cluster-files.ts";
import { overtaken } from "../overtaken.ts";
import { JobPlan, planJob, type HostFacts } from "./job-plan.ts";
import { JobReport, observeTask } from "./job-report.ts";
import { releaseNativeId, takeNativeId } from "./native-ids.ts";
import { isRunning, processesWith, sendSignal, type ProcessIdentity } from "./processes.ts";

export interface ProcessClusterOptions {
  readonly name: string;
  /** Absolute path; `jobs/` and `process/` are made in it. */
  readonly base: string;
  /** Reads and writes the folders of jobs. */
  readonly runner: Runner;
  /** What jobs inherit of which nobody says whose environment they are to have. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs jobs without what a plain process cannot give them (GPUs, nodes, a hold, …), where otherwise they are refused. */
  readonly leavesOut?: boolean;
}

const Supervisor = z.strictObject({ pid: z.int(), startTicks: z.number() });

export const processCapabilities: ReadonlySet<Capability> = new Set(["arrays"]);

/** Far above what an array of 100,000 tasks takes. */
const maxBytes = 64 * 1024 * 1024;

/**
 * Runs jobs on this machine as plain processes, with the variables that Slurm would set. Each job has a supervisor of its
 * own (`supervisor.ts`), which goes on when Sluice ends. Nothing is scheduled: a job starts at once.
 */
export function createProcessCluster(options: ProcessClusterOptions): Cluster {
  const { name, base, runner, environment: own, leavesOut = false } = options;
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
  /** The number up to which attempts to submit a job do not count any more (see `Cluster.find`). */
  const sealedUntil = async (directory: string, signal: AbortSignal): Promise<number> =>
    (await readJson(`${directory}/sealed.json`, z.number(), signal)) ?? 0;

  const readPlan = async (directory: string, signal: AbortSignal): Promise<JobPlan> => {
    const plan = await readJson(`${directory}/job.json`, JobPlan, signal);
    if (plan === undefined) throw new SluiceError("JOB_NOT_FOUND", `there is no job in ${directory}`);
    return plan;
  };

  const hostFacts = (request: SubmitRequest): HostFacts => {
    const { username, uid } = userInfo();
    const now = new Date().toISOString();
    const environment = submitterEnvironment(request, own);
    return { hostname: hostname(), user: username, uid, cpus: availableParallelism(), environment, now, leavesOut };
  };

  const cluster: Cluster = {
    kind: "process",
    name,
    capabilities: processCapabilities,

    async submit(request, signal) {
      const directory = directoryOf(request.jobId);
      const known = await cluster.find(request.jobId, signal);
      if (known !== undefined) return known;
      if ((request.attempt ?? 1) <= (await sealedUntil(directory, signal))) throw overtaken(request.jobId);
      const host = hostFacts(request);
      // Refused before anything is made.
      planJob(request, "0", directory, host);
      // A submission that was cut short has left its plan, and a supervisor may be about to take it up.
      const begun = await readJson(`${directory}/job.json`, JobPlan, signal);
      const nativeId = begun?.nativeId ?? (await takeNativeId(base, request.jobId));
      const plan = begun ?? planJob(request, nativeId, directory, host);
      await runner.makeDirectory(directory, { mode: 0o700 }, signal);
      try {
        await runner.writeFile(`${directory}/user-script`, request.script, { mode: 0o700 }, signal);
        const report = { tasks: plan.tasks.map((task) => ({ nativeId: task.nativeId, state: "pending" })) };
        if (begun === undefined) {
          await runner.writeFile(`${directory}/report.json`, JSON.stringify(report), { mode: 0o600 }, signal);
          await runner.writeFile(`${directory}/job.json`, JSON.stringify(plan), { mode: 0o600 }, signal);
        }
        startSupervisor(directory, host.environment);
        await claimed(directory, signal);
      } catch (error) {
        await runner.removeDirectory(directory, AbortSignal.timeout(10_000));
        await releaseNativeId(base, nativeId);
        throw error;
      }
      return submitted(plan, directory);
    },

    submitAll: (requests, signal) =>
      Promise.all(
        requests.map(async (request) => {
          try {
            return await cluster.submit(request, signal);
          } catch (error) {
            return { error };
          }
        }),
      ),

    async find(jobId, signal, until) {
      const directory = directoryOf(jobId);
      if (until !== undefined) {
        await runner.makeDirectory(directory, { mode: 0o700 }, signal);
        const sealed = Math.max(until, await sealedUntil(directory, signal));
        await runner.writeFile(`${directory}/sealed.json`, String(sealed), { mode: 0o600 }, signal);
      }
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

    /** Jobs of this base that have not ended: a job that has is told by `settle`. */
    async queue(signal) {
      const rows: QueueEntry[] = [];
      for (const jobId of await runner.listDirectory(`${base}/jobs`, signal)) {
        const directory = directoryOf(jobId);
        const supervisor = await readJson(`${directory}/supervisor.json`, Supervisor, signal);
        if (supervisor === undefined || !isRunning(supervisor)) continue;
        const { nativeId } = await readPlan(directory, signal);
        const seen = await cluster.observe({ jobId, nativeId, directory }, signal);
        const { username } = userInfo();
        rows.push(...seen.map((task) => ({ ...task, jobNativeId: nativeId, jobId, user: username })));
      }
      return rows;
    },

    async settle(jobs, signal) {
      const settled = new Map<string, Settlement>();
      for (const job of jobs) settled.set(job.jobId, { known: await cluster.observe(job, signal) });
      return settled;
    },

    control: (_job, verb) => Promise.reject(cannot(verb)),

    async signalJob({ jobId, directory }, signalName, signal) {
      await readPlan(directory, signal);
      const wanted = signalNames.find((known) => known === `SIG${signalName.toUpperCase()}`);
      if (wanted === undefined) {
        throw new SluiceError("INPUT_INVALID", `signal ${JSON.stringify(signalName)}: takes a name such as TERM`);
      }
      for (const pid of processesWith("SLUICE_JOB_ID", jobId)) sendSignal(pid, wanted);
    },

    change: () => Promise.reject(cannot("change")),

    async test(request) {
      try {
        planJob(request, "0", directoryOf(request.jobId), hostFacts(request));
        return { accepted: true, message: "it would start at once", startAt: new Date().toISOString() };
      } catch (error) {
        if (error instanceof SluiceError) return { accepted: false, message: error.message };
        throw error;
      }
    },

    budget: async () => undefined,

    /** This machine. Nothing is scheduled here, so nothing of it is ever taken. */
    inventory: async () => ({
      nodes: [
        {
          name: hostname(),
          state: "idle",
          flags: [],
          acceptsJobs: true,
          partitions: [],
          cpus: { total: availableParallelism(), allocated: 0 },
          memoryMb: { total: Math.floor(totalmem() / 2 ** 20), allocated: 0 },
          features: [],
        },
      ],
      partitions: [],
    }),

    async cancel(job, signal) {
      await runner.writeFile(`${job.directory}/cancel`, "", { mode: 0o600 }, signal);
      const supervisor = await readJson(`${job.directory}/supervisor.json`, Supervisor, signal);
      if (supervisor !== undefined && isRunning(supervisor)) {
        sendSignal(supervisor.pid, "SIGTERM");
        await ended(supervisor, signal);
        if (isRunning(supervisor)) return;
      }
      // A supervisor that is dead, or died before it heard of the end, has left the job to itself.
      for (const pid of processesWith("SLUICE_JOB_ID", job.jobId)) sendSignal(pid, "SIGKILL");
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

    ...clusterFiles(runner, base),

    async forget(job, signal) {
      await runner.removeDirectory(job.directory, signal);
      await releaseNativeId(base, job.nativeId);
    },
  };
  return cluster;
}

const signalNames = Object.keys(constants.signals).filter((name): name is NodeJS.Signals => name.startsWith("SIG"));

function cannot(verb: string): SluiceError {
  return new SluiceError("CAPABILITY_MISSING", `${verb}: a job that runs here as a plain process cannot be changed`);
}

/** How long a supervisor may take to begin. */
const claimDeadlineMs = 10_000;

/** A supervisor gives its job five seconds between SIGTERM and SIGKILL; one that needs longer is left to it. */
const endDeadlineMs = 7_000;

async function ended(supervisor: ProcessIdentity, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + endDeadlineMs;
  while (isRunning(supervisor) && !signal.aborted && Date.now() < deadline) await systemClock.sleep(10, signal);
}

/** Waits until a supervisor has the job. */
async function claimed(directory: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + claimDeadlineMs;
  while (!existsSync(`${directory}/supervisor.json`)) {
    if (signal.aborted) throw new SluiceError("CANCELLED", "asked to stop before the job's supervisor had begun");
    if (Date.now() > deadline) throw new SluiceError("DEADLINE_EXCEEDED", "the job's supervisor did not begin");
    await systemClock.sleep(5, signal);
  }
}

function submitted(plan: JobPlan, directory: string): SubmittedJob {
  const tasks = plan.tasks.map(({ nativeId }) => Number(nativeId.split("_")[1]));
  return { jobId: plan.jobId, nativeId: plan.nativeId, directory, ...(plan.isArray && { tasks }) };
}

function startSupervisor(directory: string, environment: Readonly<Record<string, string | undefined>>): void {
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
}
