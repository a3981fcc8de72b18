import { SluiceError } from "../../errors.ts";
import { ClusterLoop, type ClusterLoopDeps } from "./cluster-loop.ts";

/** How often it is looked whether clusters have come or gone, in milliseconds. */
const refreshMs = 2_000;

/** The loops of all clusters that there are, one each, as clusters come and go. */
export class ClusterLoops implements AsyncDisposable {
  readonly #deps: ClusterLoopDeps;
  readonly #stop = new AbortController();
  readonly #loops = new Map<string, ClusterLoop>();
  /** Loops of clusters that have gone, on their way to the end. */
  readonly #ending = new Set<Promise<void>>();
  #isStarted = false;
  #refreshing: Promise<void> | undefined;
  #running: Promise<void> | undefined;

  constructor(deps: ClusterLoopDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#isStarted = true;
    for (const loop of this.#loops.values()) loop.start();
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
      if (listed.get(name)?.identity === loop.listed.identity) continue;
      this.#loops.delete(name);
      this.#end(loop);
    }
    for (const [name, cluster] of listed) {
      if (this.#loops.has(name) || this.#stop.signal.aborted) continue;
      const loop = new ClusterLoop(cluster, this.#deps);
      this.#loops.set(name, loop);
      if (this.#isStarted) loop.start();
    }
  }

  #end(loop: ClusterLoop): void {
    const ending = loop[Symbol.asyncDispose]().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async #run(): Promise<void> {
    const { clock, report } = this.#deps;
    while (!this.#stop.signal.aborted) {
      // A file of settings that is being edited may be wrong for a moment: what was known stays.
      await this.refresh().catch(report);
      await clock.sleep(refreshMs, this.#stop.signal);
    }
  }
}
