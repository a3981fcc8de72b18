import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClientBackend } from "../sdk/client-backend.ts";

/** An engine of which nothing is asked for so long is closed, so that the process can end. */
const idleMs = 1_000;

/** How long jobs may take to end that run when their backend is disposed of; a process that ignores SIGTERM has five seconds. */
const endMs = 20_000;

/**
 * Really executes jobs, on this machine and without Slurm: each is a process, and starts at once, unless it waits for
 * another. What a plain process cannot be given is left out: GPUs and other generic resources, more than one node, memory
 * and CPUs as limits, account, QOS, reservation, hold and begin. Time limits, arrays, environment and output are as with Slurm.
 *
 * All that is of its jobs is in a temporary folder. Disposing ends those that run, and removes the folder.
 */
export class LocalBackend extends ClientBackend {
  readonly #folder: Folder;

  constructor() {
    const folder = new Folder();
    super({
      description: "this machine, without Slurm",
      idleMs,
      open: async () => (await import("./local-engine.ts")).openLocalEngine(await folder.path()),
    });
    this.#folder = folder;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    const path = await this.#folder.made();
    if (path === undefined) return;
    await endJobs(path);
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }
}

async function endJobs(folder: string): Promise<void> {
  const { cancelAll, openLocalEngine } = await import("./local-engine.ts");
  await using engine = await openLocalEngine(folder);
  await cancelAll(engine, AbortSignal.timeout(endMs));
}

/** A temporary folder that is made when it is first needed. */
class Folder {
  #path: Promise<string> | undefined;

  path(): Promise<string> {
    return (this.#path ??= mkdtemp(join(tmpdir(), "sluice-local-")));
  }

  async made(): Promise<string | undefined> {
    return this.#path;
  }
}
