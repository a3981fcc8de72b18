import { SluiceError } from "../errors.ts";
import type { TestClusterOptions } from "../testing/test-cluster-options.ts";
import type { ArrayJob } from "./array-job.ts";
import type { Backend } from "./backend.ts";
import { backendFor } from "./connect.ts";
import type { MapItem, SentArguments, Task, TaskDefinition } from "./define/task.ts";
import { toCall } from "./define/map-item.ts";
import { mergeOptions } from "./define/resolve-options.ts";
import { discover, type Asked } from "./discover.ts";
import { readClusterConfig, type ClusterConfig, type PythonConfig, type SluiceYamlConfig } from "./cluster-config.ts";
import { refuseWhileLoading } from "./in-job/in-job.ts";
import type { Job } from "./job.ts";
import type { SignalOption } from "./job.ts";
import { JobFollower } from "./observers/job-follower.ts";
import { globalObservers } from "./observers/observe.ts";
import type { Observer } from "./observers/observer.ts";
import type { ScriptEnd } from "./read-value.ts";
import { inScopeOf, type Submitter } from "./scope.ts";
import type { ClusterOptions, MapOptions, ScriptOptions, SubmitOptions } from "./submit-options.ts";
import type { Pipeline } from "./pipeline.ts";

export type { ClusterOptions, MapOptions, ScriptOptions, SubmitOptions } from "./submit-options.ts";

/**
 * A cluster that tasks and scripts are sent to. It is opened when it is first needed, and closed by `close()` or at the end of
 * the block of `await using`; jobs go on then. One in this process that nothing is asked of for a second is closed meanwhile, so
 * that a program that forgets to close it ends all the same.
 *
 * ```ts
 * await using cluster = Cluster.fromEnv();
 * const job = await cluster.submit(train, { partition: "gpu" })("data.csv");
 * console.log(await job.wait({ timeout: "2h" }));
 * ```
 */
export class Cluster implements Submitter, AsyncDisposable {
  readonly #backend: Backend;
  readonly #options: ClusterOptions;
  readonly #observers: Observer[];
  readonly #follower: JobFollower;

  /** A cluster over a backend of one's own, which it closes. */
  constructor(backend: Backend, options: ClusterOptions = {}) {
    this.#backend = backend;
    this.#options = options;
    this.#observers = [...(options.observers ?? [])];
    this.#follower = new JobFollower(backend, () => [...globalObservers(), ...this.#observers]);
  }

  /**
   * The cluster that a configuration describes: what `TestCluster.getConfig()` gives, a cluster as in `sluice.yaml`, or the
   * settings of the Python SDK (`backend`, `hostname`, `port`, `username`, `key_filename`, `job_base_dir`, …). Throws
   * `INPUT_INVALID` that names the field.
   */
  static fromConfig(config: ClusterConfig | PythonConfig | SluiceYamlConfig, options: ClusterOptions = {}): Cluster {
    const { connection, submit } = readClusterConfig(config);
    return new Cluster(backendFor(connection), {
      ...options,
      submit: mergeOptions([submit, options.submit ?? {}], "submit"),
    });
  }

  /**
   * The cluster of an environment of a `Slurmfile.toml`: of a file or a folder, else that which `SLURMFILE` names, else the
   * nearest from here upwards. The environment is `env`, else that of `SLURM_ENV`, else `default`. Throws
   * `SLURMFILE_NOT_FOUND`, `SLURMFILE_INVALID`.
   */
  static fromSlurmfile(path?: string, { env, ...options }: ClusterOptions & { readonly env?: string } = {}): Cluster {
    return discovered({ from: "slurmfile", target: path, environment: env }, options);
  }

  /**
   * The cluster that is at hand: the argument (a path of a Slurmfile, an environment in one, or a cluster that `sluice` knows),
   * else the test cluster of `SLURM_TEST_CLUSTER`, the gateway of `SLUICE_URL`, the Slurmfile of `SLURMFILE`, the nearest test
   * cluster in a `.slurm-cluster` folder from here upwards, the nearest Slurmfile, and the one that `sluice` itself would take.
   */
  static fromEnv(target?: string, { env, ...options }: ClusterOptions & { readonly env?: string } = {}): Cluster {
    return discovered({ from: "environment", target, environment: env }, options);
  }

  /** A test cluster, or the one of that name. */
  static fromTestCluster(cluster: string | { getConfig(): ClusterConfig }, options: ClusterOptions = {}): Cluster {
    if (typeof cluster !== "string") return Cluster.fromConfig(cluster.getConfig(), options);
    return Cluster.fromConfig({ testCluster: cluster }, options);
  }

  /** A test cluster of its own, made when it is first needed and destroyed when this is closed. */
  static forTesting(settings: TestClusterOptions = {}, options: ClusterOptions = {}): Cluster {
    return new Cluster(backendFor({ via: "new-test-cluster", settings: { ...settings } }), options);
  }

  /** A cluster behind a gateway. `cluster` is its name there; the gateway's default where left out. */
  static fromUrl(
    url: string,
    {
      token,
      tokenFile,
      cluster,
      ...options
    }: ClusterOptions & { readonly token?: string; readonly tokenFile?: string; readonly cluster?: string } = {},
  ): Cluster {
    const gateway = { url, ...(token !== undefined && { token }), ...(tokenFile !== undefined && { tokenFile }) };
    return Cluster.fromConfig({ ...gateway, ...(cluster !== undefined && { cluster }) }, options);
  }

  /** How it is reached, for people. */
  get description(): string {
    return this.#backend.description;
  }

  /** What all its jobs are asked of it by. */
  get backend(): Backend {
    return this.#backend;
  }

  /** The cluster's name. Opens it. */
  name(options: SignalOption = {}): Promise<string> {
    return this.#backend.clusterName(options.signal);
  }

  /**
   * Submits a task function; called with its arguments it gives the job, once the scheduler has taken it. A `Job` among the
   * arguments, however deep, becomes its value: the job runs when that has ended well.
   *
   * Rejects with the scheduler's own words where it refuses the job (`SUBMIT_REJECTED`), with `NOT_SERIALISABLE` for arguments
   * that cannot travel, with `BUNDLE_FAILED` and `TASK_NOT_REGISTERED` for code that cannot.
   */
  submit<Args extends readonly unknown[], Result>(
    task: Task<Args, Result>,
    options: SubmitOptions = {},
  ): (...args: SentArguments<Args>) => Promise<Job<Result>> {
    return (...args) => this.submitCall<Result>(definitionOf(task), args, options);
  }

  /** Submits one array with a task for each item, of which `maxConcurrent` run at once; without items none. */
  async map<Args extends readonly unknown[], Result>(
    task: Task<Args, Result>,
    items: Iterable<MapItem<Args>>,
    options: MapOptions = {},
  ): Promise<ArrayJob<Result>> {
    return this.mapCalls<Result>(definitionOf(task), items, options);
  }

  /**
   * Submits a batch script, `train.sh`, with arguments and with options that count before its own `#SBATCH` lines. The value of
   * its job is how it ended.
   */
  async run(path: string, options: ScriptOptions = {}): Promise<Job<ScriptEnd>> {
    refuseWhileLoading("cluster.run");
    return (await this.#pipeline()).submitScriptFile(path, options);
  }

  /** Submits the text of a batch script, from its `#!` line on. */
  async sbatch(script: string, options: ScriptOptions = {}): Promise<Job<ScriptEnd>> {
    refuseWhileLoading("cluster.sbatch");
    return (await this.#pipeline()).submitScript(script, options);
  }

  /** Calls the function in this cluster's scope: tasks that it calls directly are submitted here. */
  use<T>(call: (cluster: this) => T): T {
    return inScopeOf(this, () => call(this));
  }

  /** A job that was submitted before, by whatever process. Throws `JOB_NOT_FOUND`, and `INPUT_INVALID` for an array. */
  async job(id: string, options: SignalOption = {}): Promise<Job> {
    return (await this.#pipeline()).findJob(id, options);
  }

  /** An array that was submitted before. Throws `JOB_NOT_FOUND`, and `INPUT_INVALID` for a job that is none. */
  async arrayJob(id: string, options: SignalOption = {}): Promise<ArrayJob> {
    return (await this.#pipeline()).findArray(id, options);
  }

  /**
   * Has an observer told of what becomes of the jobs that are submitted here from now on, until the answer is disposed of. One
   * that wants news of states keeps the cluster open, and so the process, until those jobs have ended or `close()` is called.
   */
  on(observer: Observer): Disposable {
    this.#observers.push(observer);
    return {
      [Symbol.dispose]: () => {
        const at = this.#observers.indexOf(observer);
        if (at !== -1) this.#observers.splice(at, 1);
      },
    };
  }

  /** Submits one call of a task; `submit` with types is for people. */
  async submitCall<T = unknown>(
    definition: TaskDefinition,
    args: readonly unknown[],
    options: SubmitOptions = {},
  ): Promise<Job<T>> {
    refuseWhileLoading(`submitting ${definition.id}`);
    return (await this.#pipeline()).submitTask<T>(definition, args, options);
  }

  /** Submits the calls of one array; `map` with types is for people. */
  async mapCalls<T = unknown>(
    definition: TaskDefinition,
    items: Iterable<unknown>,
    options: MapOptions = {},
  ): Promise<ArrayJob<T>> {
    refuseWhileLoading(`submitting ${definition.id}`);
    return (await this.#pipeline()).submitArray<T>(definition, [...items].map(toCall), options);
  }

  /** Closes what was opened. Jobs go on; who waits for one is told so. */
  async close(): Promise<void> {
    await this.#follower[Symbol.asyncDispose]();
    await this.#backend[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What submitting needs is loaded when something is submitted. */
  async #pipeline(): Promise<Pipeline> {
    const { Pipeline: Made } = await import("./pipeline.ts");
    return new Made({
      backend: this.#backend,
      options: this.#options,
      observers: () => [...globalObservers(), ...this.#observers],
      follow: (job) => this.#follower.follow(job),
    });
  }
}

function discovered(asked: Asked, options: ClusterOptions): Cluster {
  const { connection, submit } = discover(asked);
  return new Cluster(backendFor(connection), {
    ...options,
    submit: mergeOptions([submit, options.submit ?? {}], "submit"),
  });
}

function definitionOf(task: { readonly definition: TaskDefinition }): TaskDefinition {
  const definition: unknown = Object(task).definition;
  if (definition !== undefined) return task.definition;
  throw new SluiceError(
    "INPUT_INVALID",
    "task: this is no task function; make one of it with task(fn), at the top level of a module",
    { details: { field: "task" } },
  );
}
