import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/config.ts";
import { systemClock } from "../../src/jobs/clock.ts";
import type { JobStore } from "../../src/jobs/store.ts";
import { createLocalRunner } from "../../src/remote/local-runner.ts";
import type { SshDestination } from "../../src/schema/ssh-destination.ts";
import { squeue } from "../../src/slurm/commands/squeue.ts";
import { openStore } from "../../src/store/registry.ts";
import { fateOf, requestOf } from "./crash-jobs.ts";
import { EngineChild, textOf } from "./engine-child.ts";
import type { EngineSettings } from "./engine-process.ts";
import { anomalies } from "./verdict.ts";

const never = new AbortController().signal;
/** Jobs of one request. */
const partSize = 10;
/** How often it is looked whether all jobs have come to rest. */
const lookMs = 200;
const lookAfterMs = 15_000;

/** Steps at which a process of the engine can be told to die. */
export const crashSteps = [
  "job-stored",
  "submitting-stored",
  "before-folder",
  "folder-made",
  "sbatch-started",
  "sbatch-answered",
  "cluster-took-job",
  "submitted-stored",
  "job-looked-for",
  "cancel-stored",
  "cancel-sent",
  "queue-read",
  "sightings-stored",
] as const;

/** Processes of the engine over one store and one cluster, and a client that asks again until it is answered. */
export class CrashRun implements AsyncDisposable {
  readonly folder: string;
  readonly #slurmConf: string;
  readonly #ssh: SshDestination | undefined;
  readonly #environment = readConfig().environment;
  readonly #children = new Set<EngineChild>();
  /** Sluice's id by the number of the job. */
  readonly answered = new Map<number, string>();
  readonly #cancelled = new Set<number>();
  /** What the processes said on stderr: nothing, in a good run. */
  said = "";
  /** Whoever looks into a failure finds the folder as it was. */
  #isKept = false;

  private constructor(folder: string, slurmConf: string, ssh: SshDestination | undefined) {
    this.folder = folder;
    this.#slurmConf = slurmConf;
    this.#ssh = ssh;
  }

  static async open(slurmConf: string, ssh?: SshDestination): Promise<CrashRun> {
    const folder = await mkdtemp(join(tmpdir(), "crash-"));
    await mkdir(join(folder, "traces"));
    return new CrashRun(folder, slurmConf, ssh);
  }

  /** Starts a process, which dies at a step where one is named. */
  start(crashAt?: EngineSettings["crashAt"]): EngineChild {
    const settings = {
      folder: this.folder,
      slurmConf: this.#slurmConf,
      ...(this.#ssh !== undefined && { ssh: this.#ssh }),
      ...(crashAt !== undefined && { crashAt }),
    };
    const child = new EngineChild(settings, this.#environment, (text) => (this.said += text));
    this.#children.add(child);
    return child;
  }

  /**
   * Asks for the first so many jobs, and for the end of those whose fate it is, until this process has answered for all or
   * has died. The same key must answer the same job, whichever process is asked.
   */
  async submit(child: EngineChild, upTo: number): Promise<void> {
    const traces = join(this.folder, "traces");
    for (let first = 0; first < upTo; first += partSize) {
      const part = Array.from({ length: Math.min(partSize, upTo - first) }, (_, at) => first + at);
      if (part.every((number) => this.answered.has(number))) continue;
      const ids = await child.ask({ submit: part.map((number) => requestOf(number, traces)) });
      if (ids === undefined) return;
      for (const [at, number] of part.entries()) {
        const [id, before] = [ids[at], this.answered.get(number)];
        if (typeof id !== "string") throw new Error(`job ${number} was not accepted`);
        if (before !== undefined && before !== id) throw new Error(`job ${number} was ${before} and is ${id}`);
        this.answered.set(number, id);
      }
    }
    const doomed = [...this.answered].filter(([n]) => fateOf(n) === "cancelled" && !this.#cancelled.has(n));
    if (doomed.length === 0) return;
    if ((await child.ask({ cancel: doomed.map(([, id]) => id) })) === undefined) return;
    for (const [number] of doomed) this.#cancelled.add(number);
  }

  /**
   * Lets one process bring the first so many jobs to rest, and compares what Sluice says of them with what Slurm has and
   * with what they themselves did. Throws with all that is wrong. `lookAfterJobs` is called while they take long.
   */
  async expectExactlyOnce(count: number, deadlineMs: number, lookAfterJobs?: () => Promise<void>): Promise<void> {
    const running = [...this.#children].find(({ isRunning }) => isRunning);
    const child = running ?? this.start();
    await this.submit(child, count);
    if (this.answered.size !== count) throw new Error(`${this.answered.size} of ${count} jobs were answered`);
    await using store = await openStore({ url: join(this.folder, "jobs.db"), clock: systemClock });
    const found = await this.#atRest(store, deadlineMs, lookAfterJobs);
    if (this.said !== "") found.push(`the engine said: ${this.said}`);
    if (found.length === 0) return;
    this.#isKept = true;
    throw new Error(`${found.length} anomalies, kept in ${this.folder}:\n${found.join("\n")}`);
  }

  /** What is wrong once nothing of it changes any more, or the time is over. */
  async #atRest(store: JobStore, deadlineMs: number, lookAfterJobs = async () => {}): Promise<string[]> {
    const deadline = performance.now() + deadlineMs;
    let lookAfterAt = performance.now() + lookAfterMs;
    const ids = [...this.answered.values()];
    for (;;) {
      const jobs = await store.getAll(ids);
      const restless = jobs.some(({ state, freshness, name }) => {
        return state !== fateOf(Number(name.split(" ")[1])) || freshness !== "fresh";
      });
      const isLate = performance.now() > deadline;
      if (!restless || isLate) {
        const queue = await this.#queue();
        const traces = join(this.folder, "traces");
        const found = await anomalies({ store, answered: this.answered, queue, base: this.folder, traces });
        return isLate ? [`not all at rest after ${deadlineMs / 1000} s`, ...found] : [...found];
      }
      if (performance.now() > lookAfterAt) {
        await lookAfterJobs();
        lookAfterAt = performance.now() + lookAfterMs;
      }
      await systemClock.sleep(lookMs, never);
    }
  }

  /** Everything that slurmctld has: it forgets nothing here. */
  #queue() {
    const env = { ...this.#environment, SLURM_CONF: this.#slurmConf };
    return createLocalRunner({ env }).run(squeue({ boundary: crypto.randomUUID() }), { signal: never });
  }

  /** How many sbatch processes of this run there are. */
  sbatches(): number {
    return readdirSync("/proc").filter((pid) => {
      const [name, ...args] = textOf(`/proc/${pid}/cmdline`).split("\0");
      return name === "sbatch" && args.some((arg) => arg.startsWith(this.folder));
    }).length;
  }

  /** Kills every process with all that it has started. */
  async killAll(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.killAll()));
    this.#children.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAll();
    if (!this.#isKept) await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
