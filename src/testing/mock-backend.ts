import { createHash } from "node:crypto";
import type { Job, JobBody, OutputPiece, OutputQuery } from "../client/client.ts";
import { createMockCluster, type MockCluster } from "../clusters/mock/mock-cluster.ts";
import type { MockSubmission } from "../clusters/mock/mock-job.ts";
import type { Fault, MockSettings } from "../clusters/mock-settings.ts";
import { SluiceError } from "../errors.ts";
import { JobBody as JobBodySchema, toJobRequest } from "../gateway/contract/job-body.ts";
import { parseInput } from "../gateway/parse-input.ts";
import { systemClock } from "../jobs/clock.ts";
import { readRequest } from "../jobs/engine/accept-request.ts";
import { joinedDependency, toTerm } from "../jobs/engine/dependencies.ts";
import { explainJob } from "../jobs/engine/explain.ts";
import { isFinal } from "../schema/job-transitions.ts";
import type { Submission } from "../schema/stored-job.ts";
import type { Backend } from "../sdk/backend.ts";
import { MockEvents } from "./mock-events.ts";
import { toTaskRecord } from "./mock-job-record.ts";
import { MockJobs } from "./mock-jobs.ts";
import { chooseMockOutcome, toClusterOutcome, type MockOutcome } from "./mock-outcome.ts";
import { MockResults } from "./mock-results.ts";

export interface MockOptions extends Pick<MockSettings, "nodes" | "partitions"> {
  /** What becomes of jobs: the first that is for one. */
  readonly outcomes?: readonly MockOutcome[];
  /** Has task functions bundled as for a real cluster, so that what cannot be bundled is refused. Nothing is executed all the same. */
  readonly bundles?: boolean;
}

interface Asked {
  readonly signal?: AbortSignal | undefined;
}

/** Between two looks of one who waits: at first none, so that what only counts looks is over at once. */
const longestPauseMs = 20;

const never = new AbortController().signal;

/**
 * A cluster that executes nothing, for unit tests. It takes jobs as Slurm does and refuses what sbatch would refuse; jobs are
 * called `mock-1`, `mock-2`, … and become what the test wants of them, when somebody looks. All is in memory.
 */
export class MockBackend implements Backend {
  readonly description = "a mock, which executes nothing";
  readonly runsNothing: boolean;
  readonly #outcomes: MockOutcome[];
  readonly #mock: MockCluster;
  /** By task of an array, or by `undefined`. */
  readonly #chosen = new WeakMap<MockSubmission, Map<number | undefined, MockOutcome>>();
  readonly #results = new MockResults();
  readonly #byKey = new Map<string, string>();
  readonly #kept = new Map<string, string>();
  readonly #events = new MockEvents();
  readonly #jobs: MockJobs;

  constructor({ outcomes = [], bundles = false, nodes, partitions }: MockOptions = {}) {
    this.runsNothing = !bundles;
    this.#outcomes = [...outcomes];
    this.#mock = createMockCluster({
      nodes,
      partitions,
      isBoundless: true,
      outcomes: (submission, task) => toClusterOutcome(this.#choose(submission, task)),
    });
    this.#jobs = new MockJobs(this.#mock, this.#events);
  }

  /** Everything that was submitted, in order: the script as it would have run, its options, environment and tasks. */
  get submissions(): readonly MockSubmission[] {
    return this.#mock.submissions;
  }

  /** What becomes of jobs that are submitted from now on; it goes before what was said earlier. */
  outcome(outcome: MockOutcome): void {
    this.#outcomes.unshift(outcome);
  }

  /** Takes one job or task on to its next state without a look, or all of them. */
  advance(id?: string): void {
    this.#mock.advance(id);
  }

  /** Has something go wrong from now on, as the settings of a mock in `sluice.yaml`. */
  fail(fault: Fault): void {
    this.#mock.fail(fault);
  }

  clusterName = async (): Promise<string> => this.#mock.cluster.name;
  hasDependencies = async (): Promise<boolean> => true;

  async submit(
    body: JobBody,
    { idempotencyKey, signal = never }: Asked & { idempotencyKey?: string | undefined } = {},
  ): Promise<Job> {
    const known = this.#byKey.get(idempotencyKey ?? "");
    if (known !== undefined) return this.#jobs.find(known).record;
    const request = toJobRequest(parseInput(JobBodySchema, body, "body"), idempotencyKey);
    const { submission, name } = readRequest(request);
    const jobId = `mock-${this.submissions.length + 1}`;
    const waits = dependencyOption(submission);
    const submitted = await this.#mock.cluster.submit(
      {
        jobId,
        name,
        script: Buffer.from(submission.script, "base64"),
        args: submission.args,
        options: [...submission.options, ...waits],
        environment: submission.environment,
        ...(submission.workDirectory !== undefined && { workDirectory: submission.workDirectory }),
      },
      signal,
    );
    const waitsFor = [...new Set(submission.dependencies?.on.map((dependency) => dependency.jobId))];
    const taken = this.#jobs.take(submitted, { labels: body.labels ?? {}, waitsFor });
    if (idempotencyKey !== undefined) this.#byKey.set(idempotencyKey, jobId);
    return taken.record;
  }

  async job(id: string, { signal = never }: Asked = {}): Promise<Job> {
    return (await this.#jobs.look(id, signal)).record;
  }

  async tasks(id: string, { signal = never }: Asked = {}) {
    const { seen } = await this.#jobs.look(id, signal);
    return seen.map((task) => toTaskRecord(id, task));
  }

  async script(id: string): Promise<Uint8Array> {
    return this.#jobs.find(id).facts.submission.scriptBytes;
  }

  async wait(
    id: string,
    { signal = never, until = ({ state }: Job) => isFinal(state) }: Asked & { until?: (job: Job) => boolean } = {},
  ): Promise<Job> {
    for (let looks = 0; ; looks += 1) {
      const { record } = await this.#jobs.look(id, signal);
      if (until(record)) return record;
      await systemClock.sleep(Math.min(looks, longestPauseMs), signal);
    }
  }

  async cancel(id: string, { signal = never }: Asked = {}): Promise<Job> {
    const taken = this.#jobs.find(id);
    if (isFinal(taken.record.state)) return taken.record;
    await this.#mock.cluster.cancel(taken.submitted, signal);
    this.#jobs.noteCancel(taken);
    return (await this.#jobs.look(id, signal)).record;
  }

  async explain(id: string, { signal = never }: Asked = {}) {
    const { record, seen } = await this.#jobs.look(id, signal);
    const { owner: user, nativeId: jobNativeId = "" } = record;
    const rows = seen.map((task) => ({ ...task, jobNativeId, user }));
    return explainJob({
      job: { ...record, position: 1 },
      rows,
      queue: rows,
      ahead: 0,
      waitsFor: [],
      told: [],
      dependsOn: new Map(),
    });
  }

  events(
    query: { readonly after?: number; readonly job?: string; readonly cluster?: string; readonly type?: string } = {},
    { signal = never }: Asked = {},
  ) {
    const { job } = query;
    const look = async (): Promise<void> => {
      if (job !== undefined) await this.#jobs.look(job, signal);
    };
    return this.#events.follow(query, look, signal);
  }

  async *output(
    id: string,
    { stream = "stdout", task, offset, tail, follow = false }: OutputQuery = {},
    { signal = never }: Asked = {},
  ): AsyncGenerator<OutputPiece> {
    if (follow) await this.wait(id, { signal });
    const { submitted, seen } = await this.#jobs.look(id, signal);
    const asked = seen.filter(({ nativeId }) => task === undefined || nativeId.endsWith(`_${task}`));
    const files = await this.#mock.cluster.outputs(submitted, asked, signal);
    const file = files.find((one) => one.stream === stream) ?? files[0];
    if (file === undefined) return;
    const slice = await this.#mock.cluster.readOutput(file, { offset: 0, maxBytes: Infinity }, signal);
    const bytes = Uint8Array.from(slice?.bytes ?? []);
    const from = tail === undefined ? (offset ?? 0) : startOfTail(bytes, tail);
    if (bytes.length > from) yield { offset: from, bytes: bytes.slice(from), path: file.path };
  }

  async keptFile(_cluster: string, sha256: string): Promise<string | undefined> {
    return this.#kept.get(sha256);
  }

  async keepFile(_cluster: string, sha256: string, bytes: Uint8Array): Promise<string> {
    if (createHash("sha256").update(bytes).digest("hex") !== sha256)
      throw new SluiceError("INPUT_INVALID", "sha256: is not the hash of these bytes");
    const path = `/mock/files/${sha256}`;
    this.#kept.set(sha256, path);
    return path;
  }

  async jobFile(id: string, name: string): Promise<Uint8Array | undefined> {
    const { facts, seen } = this.#jobs.find(id);
    return this.#results.file(name, seen, facts.submission, (task) => this.#choose(facts.submission, task));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #choose(submission: MockSubmission, task: number | undefined): MockOutcome {
    const ofJob = this.#chosen.get(submission) ?? new Map<number | undefined, MockOutcome>();
    const chosen = ofJob.get(task) ?? chooseMockOutcome(this.#outcomes, submission, task, this.submissions);
    this.#chosen.set(submission, ofJob.set(task, chosen));
    return chosen;
  }
}

/** What a job waits for, as the engine puts it to a scheduler. Ids of a mock are native ones too. */
function dependencyOption(submission: Submission): readonly string[] {
  const { dependencies } = submission;
  if (dependencies === undefined) return [];
  const terms = dependencies.on.map((dependency) => toTerm(dependency, dependency.jobId));
  return [`--dependency=${joinedDependency(submission, terms)}`];
}

/** Where the last so many lines begin. */
function startOfTail(bytes: Uint8Array, lines: number): number {
  let start = bytes.length;
  for (let left = lines; left > 0 && start > 0; left -= 1) start = bytes.lastIndexOf(0x0a, start - 2) + 1;
  return start;
}
