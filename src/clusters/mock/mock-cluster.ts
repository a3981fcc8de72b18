import { constants, userInfo } from "node:os";
import { SluiceError } from "../../errors.ts";
import { systemClock, type Clock } from "../../jobs/clock.ts";
import type { Capability, Cluster, QueueEntry, Settlement, SubmitRequest, SubmittedJob } from "../../jobs/cluster.ts";
import { parseDependency } from "../../slurm/values/dependency.ts";
import { parseTimeLimit } from "../../slurm/values/duration.ts";
import { readBatchRequest, type BatchRequest } from "../batch-request.ts";
import { submitterEnvironment } from "../caller-environment.ts";
import { overtaken } from "../overtaken.ts";
import { withPlainIds, type MockDependency } from "./dependency.ts";
import { Faults } from "./faults.ts";
import { mockClusterFiles } from "./mock-cluster-files.ts";
import { MockFiles } from "./mock-files.ts";
import { mockInventory } from "./mock-inventory.ts";
import { createMockJob, type MockJob, type MockSubmission } from "./mock-job.ts";
import { chooseOutcome, type MockOutcome } from "./outcome.ts";
import type { Fault, MockSettings, RequestGroup } from "../mock-settings.ts";

export interface MockClusterOptions extends Pick<MockSettings, "faults" | "nodes" | "partitions"> {
  /** `mock` where left out. */
  readonly name?: string;
  /** What becomes of jobs: rules, the first that fits, or a function. All complete where nothing fits. */
  readonly outcomes?:
    | readonly MockOutcome[]
    | ((submission: MockSubmission, task: number | undefined) => MockOutcome)
    | undefined;
  /** Where SBATCH_ variables are looked up. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Absolute path below which the folders of jobs would be. */
  readonly base?: string;
  readonly clock?: Clock;
  /** Takes jobs for any partition and for any number of nodes, where neither nodes nor partitions are said. */
  readonly isBoundless?: boolean;
}

/** A mock cluster, and what a test does with it beside the port. */
export interface MockCluster {
  readonly cluster: Cluster;
  /** Everything that it has taken, in order, those that were forgotten too. */
  readonly submissions: readonly MockSubmission[];
  /** Takes one job or task, by its native id, or all of them, on to the next state without a look. */
  readonly advance: (nativeId?: string) => void;
  /** Has something go wrong from now on. */
  readonly fail: (fault: Fault) => void;
}

/** As Slurm has them, but for accounting. */
export const mockCapabilities: ReadonlySet<Capability> = new Set([
  "arrays",
  "multi-node",
  "gpus",
  "dependencies",
  "holds",
]);

/** A job that has ended is listed for so long: slurm.conf(5), MinJobAge. */
const listedMs = 300_000;

/**
 * A cluster that runs nothing. It takes jobs as Slurm does, refuses what sbatch would refuse, and has each job walk through
 * the states that it was told; jobs move when somebody looks, or as time passes by the clock, and by no timer. All is in
 * memory, and gone with the process.
 *
 * ```ts
 * const { cluster, submissions } = createMockCluster({ outcomes: [{ name: "bad-*", exit_code: 3 }] });
 * const job = await cluster.submit(request, signal);
 * submissions[0]?.script; // what would have run
 * ```
 */
export function createMockCluster(options: MockClusterOptions = {}): MockCluster {
  const { name = "mock", outcomes = [], environment = {}, base = "/mock", clock = systemClock } = options;
  const outcome =
    typeof outcomes === "function"
      ? outcomes
      : (submission: MockSubmission, task: number | undefined) => chooseOutcome(outcomes, submission, task);
  const inventory = mockInventory(options);
  const isBoundless = options.isBoundless === true && options.nodes === undefined && options.partitions === undefined;
  const faults = new Faults(name, options.faults ?? []);
  const files = new MockFiles();
  const { username: user } = userInfo();
  const taken: MockJob[] = [];
  const submissions: MockSubmission[] = [];
  const jobs = new Map<string, MockJob>();
  /** By Sluice's id: the number up to which attempts to submit a job do not count any more. */
  const sealed = new Map<string, number>();

  /** Every request begins here. */
  const asked = (group: RequestGroup, signal: AbortSignal): void => {
    if (signal.aborted) throw new SluiceError("CANCELLED", "asked to stop");
    faults.reach(group);
  };
  const jobOf = ({ jobId, nativeId }: SubmittedJob): MockJob => {
    const job = jobs.get(jobId);
    if (job === undefined) throw new SluiceError("JOB_NOT_FOUND", `the mock cluster knows no job ${nativeId}`);
    return job;
  };

  /** Refuses what sbatch would refuse. */
  function read(request: SubmitRequest): { readonly batch: BatchRequest; readonly dependency: MockDependency } {
    const batch = readBatchRequest(withPlainIds(request), submitterEnvironment(request, environment));
    const partition = batch.options.get("partition");
    if (partition !== undefined && !isBoundless && inventory.partitions.every((one) => one.name !== partition)) {
      throw new SluiceError("SUBMIT_REJECTED", `invalid partition specified: ${partition}`, { details: { partition } });
    }
    const jobName = batch.options.get("job-name") ?? request.name;
    return { batch, dependency: readDependency(batch.options.get("dependency") ?? "", jobName) };
  }

  function readDependency(text: string, jobName: string): MockDependency {
    const { needs, terms } = parseDependency(text);
    return {
      needs,
      terms: terms.map((term) => {
        if (term.job === undefined) return { ...term, jobs: taken.filter((job) => job.submission.name === jobName) };
        const meant = taken.find((job) => job.submission.nativeId === `mock-${term.job}`);
        if (meant === undefined)
          throw new SluiceError("SUBMIT_REJECTED", `job dependency problem: no job mock-${term.job}`);
        return { ...term, jobs: [meant] };
      }),
    };
  }

  const cluster: Cluster = {
    kind: "mock",
    name,
    capabilities: mockCapabilities,

    async submit(request, signal) {
      asked("submit", signal);
      const known = jobs.get(request.jobId);
      if (known !== undefined) return known.submitted;
      if ((request.attempt ?? 1) <= (sealed.get(request.jobId) ?? 0)) throw overtaken(request.jobId);
      const { batch, dependency } = read(request);
      faults.accept(batch.options.get("job-name") ?? request.name);
      const job = createMockJob({
        request,
        batch,
        dependency,
        nativeId: `mock-${taken.length + 1}`,
        directory: `${base}/jobs/${request.jobId}`,
        clock,
        files,
        user,
        inventory,
        isBoundless,
        outcome,
      });
      taken.push(job);
      submissions.push(job.submission);
      jobs.set(request.jobId, job);
      faults.answer();
      return job.submitted;
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

    async find(jobId, signal, until = 0) {
      asked("find", signal);
      sealed.set(jobId, Math.max(until, sealed.get(jobId) ?? 0));
      return jobs.get(jobId)?.submitted;
    },

    async observe({ jobId }, signal) {
      asked("look", signal);
      return (jobs.get(jobId)?.tasks ?? []).map((task) => task.look());
    },

    async queue(signal) {
      asked("look", signal);
      const now = clock.now();
      return [...jobs.values()].flatMap((job) =>
        job.tasks
          .filter(({ endedAtMs }) => endedAtMs === undefined || now - endedAtMs < listedMs)
          .map((task): QueueEntry => {
            const { jobId, nativeId } = job.submission;
            return { ...task.look(), jobNativeId: nativeId, jobId, user };
          }),
      );
    },

    async settle(asking, signal) {
      asked("look", signal);
      return new Map(
        asking.map(({ jobId }): [string, Settlement] => [
          jobId,
          { known: (jobs.get(jobId)?.tasks ?? []).map((task) => task.observe()) },
        ]),
      );
    },

    async control(submitted, verb, signal) {
      asked("act", signal);
      const job = jobOf(submitted);
      for (const task of job.tasks) task.catchUp();
      if (verb === "requeue") {
        for (const task of job.tasks) task.requeue();
        return;
      }
      if (verb === "hold" && job.tasks.every(({ state }) => state !== "pending")) throw notPending(submitted);
      job.isHeld = verb === "hold";
    },

    async signalJob(submitted, signalName, signal) {
      asked("act", signal);
      const job = jobOf(submitted);
      const word = signalName.toUpperCase();
      if (!Object.hasOwn(constants.signals, `SIG${word}`)) {
        throw new SluiceError("INPUT_INVALID", `signal ${JSON.stringify(signalName)}: takes a name such as TERM`);
      }
      job.submission.signals.push(word);
      // No script can catch this one; what it does about others, nobody knows.
      if (word === "KILL")
        for (const task of job.tasks) if (task.hasStarted) task.end("failed", constants.signals.SIGKILL);
    },

    async change(submitted, limits, signal) {
      asked("act", signal);
      const job = jobOf(submitted);
      if (limits.timeLimit !== undefined) parseTimeLimit(limits.timeLimit);
      job.submission.limits = { ...job.submission.limits, ...limits };
    },

    async test(request, signal) {
      asked("other", signal);
      try {
        read(request);
      } catch (error) {
        if (error instanceof SluiceError) return { accepted: false, message: error.message };
        throw error;
      }
      return { accepted: true, message: "it would start at once", startAt: new Date(clock.now()).toISOString() };
    },

    async budget(signal) {
      asked("other", signal);
      return undefined;
    },

    async inventory(signal) {
      asked("other", signal);
      return inventory;
    },

    async cancel(submitted, signal) {
      asked("act", signal);
      for (const task of jobs.get(submitted.jobId)?.tasks ?? []) {
        task.catchUp();
        task.end("cancelled", task.hasStarted ? constants.signals.SIGTERM : 0);
      }
    },

    async outputs(submitted, observations, signal) {
      asked("output", signal);
      const job = jobOf(submitted);
      return observations.flatMap(({ nativeId }) => job.outputs.get(nativeId) ?? []);
    },

    async readOutput({ path }, range, signal) {
      asked("output", signal);
      return files.read(path, range);
    },

    ...mockClusterFiles(files, base, asked),

    async forget({ jobId, directory }, signal) {
      asked("other", signal);
      jobs.delete(jobId);
      files.removeFolder(directory);
    },
  };

  return {
    cluster,
    submissions,
    advance(nativeId) {
      for (const job of jobs.values()) {
        for (const task of job.tasks) {
          if (nativeId === undefined || nativeId === task.nativeId || nativeId === job.submission.nativeId)
            task.advance();
        }
      }
    },
    fail: (fault) => faults.add(fault),
  };
}

function notPending({ nativeId }: SubmittedJob): SluiceError {
  return new SluiceError("COMMAND_FAILED", `job ${nativeId} is no longer pending execution`);
}
