import { SluiceError } from "../../errors.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import { ClusterLoop, type ClusterLoopDeps } from "./cluster-loop.ts";
import { isBefore, markJobsStale } from "./part-with-jobs.ts";

/** How often it is looked whether clusters have come or gone, in milliseconds. */
const refreshMs = 2_000;

/** The loops of all clusters that there are, one each, as clusters come and go. */
export class ClusterLoops implements AsyncDisposable {
  readonly #deps: ClusterLoopDeps;
  readonly #stop = new AbortController();
  readonly #loops = new Map<string, ClusterLoop>();
  /** Loops of clusters that have gone, on their way to the end. */
  readonly #ending = new Set<Promise<void>>();
  /** Which of them are to run. */
  #starts: (name: string) => boolean = () => false;
  #refreshing: Promise<void> | undefined;
  #running: Promise<void> | undefined;

  constructor(deps: ClusterLoopDeps) {
    this.#deps = deps;
  }

  /** All of them and those that come, or those of these names alone. */
  start(only?: readonly string[]): void {
    this.#starts = (name) => only?.includes(name) ?? true;
    for (const [name, loop] of this.#loops) if (this.#starts(name)) loop.start();
    this.#running ??= this.#run();
  }

  /** Those known now; `refresh` looks anew. */
  all(): readonly ClusterLoop[] {
    return [...this.#loops.values()];
  }

  known(name: string): ClusterLoop | undefined {
    return this.#loops.get(name);
  }

  /** Throws `CLUSTER_NOT_FOUND`, naming those that there are. */
  async require(name: string): Promise<ClusterLoop> {
    if (!this.#loops.has(name)) await this.refresh();
    const loop = this.#loops.get(name);
    if (loop !== undefined) return loop;
    const known = [...this.#loops.keys()].join(", ") || "none";
    throw new SluiceError(
      "CLUSTER_NOT_FOUND",
      `no cluster ${JSON.stringify(name.slice(0, 60))} is known; known: ${known}`,
      {
        details: { field: "cluster", name: name.slice(0, 60) },
      },
    );
  }

  /**
   * The loop of the cluster that has or had a job. Throws `CLUSTER_NOT_FOUND`, also where another cluster has the name by
   * now, which must not be asked about jobs that were not its own.
   */
  async ofJob(job: StoredJob): Promise<ClusterLoop> {
    const loop = await this.require(job.cluster);
    if (!isBefore(job, loop.listed.since)) return loop;
    throw new SluiceError(
      "CLUSTER_NOT_FOUND",
      `the test cluster "${job.cluster}" that job ${job.id} was for is gone; the one of that name was made later`,
      { details: { name: job.cluster, jobId: job.id } },
    );
  }

  /** Looks which clusters there are. Throws `CONFIG_INVALID`. */
  refresh(): Promise<void> {
    this.#refreshing ??= (async () => {
      try {
        await this.#refresh();
      } finally {
        this.#refreshing = undefined;
      }
    })();
    return this.#refreshing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#refreshing?.catch(() => {});
    for (const loop of this.#loops.values()) this.#end(loop);
    await Promise.all(this.#ending);
  }

  async #refresh(): Promise<void> {
    const listed = new Map((await this.#deps.directory.list()).map((cluster) => [cluster.name, cluster]));
    for (const [name, loop] of this.#loops) {
      const now = listed.get(name);
      if (now?.identity === loop.listed.identity) loop.listed = now;
      else {
        this.#loops.delete(name);
        this.#end(loop);
        if (now === undefined) this.#partWith(name, loop);
      }
    }
    for (const [name, cluster] of listed) {
      if (this.#loops.has(name) || this.#stop.signal.aborted) continue;
      const loop = new ClusterLoop(cluster, this.#deps);
      this.#loops.set(name, loop);
      if (this.#starts(name)) loop.start();
    }
  }

  #end(loop: ClusterLoop): void {
    const ending = loop[Symbol.asyncDispose]().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** What is known of the jobs of a cluster that has gone becomes no news any more. */
  #partWith(name: string, loop?: ClusterLoop): void {
    if (!this.#starts(name)) return;
    const parting = (async () => {
      await loop?.[Symbol.asyncDispose]();
      await markJobsStale(this.#deps, name).catch(this.#deps.report);
    })().finally(() => this.#ending.delete(parting));
    this.#ending.add(parting);
  }

  /** Clusters that have gone while nobody looked. */
  async #partWithLost(): Promise<void> {
    for (const name of await this.#deps.store.clustersOfActive()) if (!this.#loops.has(name)) this.#partWith(name);
  }

  async #run(): Promise<void> {
    const { clock, report } = this.#deps;
    await this.refresh().catch(report);
    await this.#partWithLost().catch(report);
    while (!this.#stop.signal.aborted) {
      // A file of settings that is being edited may be wrong for a moment: what was known stays.
      await this.refresh().catch(report);
      await clock.sleep(refreshMs, this.#stop.signal);
    }
  }
}
