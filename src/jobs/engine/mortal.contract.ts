import { SluiceError } from "../../errors.ts";
import { systemClock, type Clock } from "../clock.ts";
import type { Cluster, SubmittedJob } from "../cluster.ts";
import { unasked } from "../unasked-cluster.contract.ts";

const forever = new Promise<never>(() => {});

/** A process that dies at its so many-th step: from then on nothing that it asked for is ever answered. */
export class Mortal {
  #left: number;
  readonly died: Promise<void>;
  readonly #die: () => void;

  constructor(steps: number) {
    this.#left = steps;
    let die = (): void => {};
    this.died = new Promise((resolve) => (die = resolve));
    this.#die = die;
  }

  get isDead(): boolean {
    return this.#left <= 0;
  }

  kill(): void {
    this.#left = 0;
    this.#die();
  }

  /** One more step; does not come back from the last. */
  async step(): Promise<void> {
    if (this.isDead) return forever;
    this.#left -= 1;
    if (!this.isDead) return;
    this.#die();
    return forever;
  }

  /** An object whose promises this process waits for: it may die before each and after. */
  watch<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key, object);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          const result: unknown = this.isDead ? forever : Reflect.apply(value, object, args);
          if (!(result instanceof Promise)) return result;
          return (async () => {
            const answer: unknown = await result;
            await this.step();
            return answer;
          })();
        };
      },
    });
  }

  clock(): Clock {
    return {
      now: () => systemClock.now(),
      sleep: async (milliseconds, signal) => {
        await systemClock.sleep(milliseconds, signal);
        if (this.isDead) await forever;
      },
    };
  }
}

interface Folder {
  isLocked: boolean;
  isBegun: boolean;
  id?: string;
}

/**
 * A cluster that keeps to the port's word on exactly once, and no more: a submission goes on though its process has died, or
 * dies with it, between any two of its steps. `taken` is every job that its scheduler ever got.
 */
export class MadeUpHost {
  readonly taken: string[] = [];
  readonly ended = new Set<string>();
  readonly #folders = new Map<string, Folder>();
  readonly #isGuarded: boolean;

  /** Unguarded it takes a second submission for a second job, so that nothing but a look before it helps. */
  constructor(isGuarded: boolean) {
    this.#isGuarded = isGuarded;
  }

  /** The cluster as one process sees it; `outlives` says whether what a dying process has begun goes on. */
  seenBy(process: Mortal, outlives: boolean): Cluster {
    // A step of the host is one of the process too, unless it goes on alone.
    const step = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      if (!outlives) await process.step();
    };
    const folderOf = (jobId: string): Folder => {
      const folder = this.#folders.get(jobId) ?? { isLocked: false, isBegun: false };
      this.#folders.set(jobId, folder);
      return folder;
    };
    const submit: Cluster["submit"] = async ({ jobId }) => {
      await step();
      const folder = folderOf(jobId);
      await step();
      if (this.#isGuarded) {
        if (folder.isLocked) throw unclear();
        if (folder.id !== undefined) return submitted(jobId, folder.id);
        if (folder.isBegun) throw unclear();
      }
      folder.isBegun = true;
      folder.isLocked = true;
      try {
        await unlocking(folder, process, outlives, step);
        this.taken.push(jobId);
        const id = String(this.taken.length);
        await unlocking(folder, process, outlives, step);
        folder.id = id;
      } finally {
        folder.isLocked = false;
      }
      await step();
      return submitted(jobId, folder.id ?? "");
    };
    return process.watch<Cluster>({
      ...unasked,
      kind: "made-up",
      name: "made-up",
      capabilities: new Set(),
      submitAll: async (requests, signal) => {
        const answers = [];
        for (const request of requests) {
          answers.push(await submit(request, signal).catch((error: unknown) => ({ error })));
        }
        return answers;
      },
      find: async (jobId) => {
        await step();
        const folder = this.#folders.get(jobId);
        if (folder === undefined || !folder.isBegun) return undefined;
        if (folder.isLocked) throw unclear();
        await step();
        const at = this.taken.indexOf(jobId);
        if (at >= 0) return submitted(jobId, (folder.id = String(at + 1)));
        folder.isBegun = false;
        return undefined;
      },
      queue: async () =>
        this.taken.map((jobId, at) => ({
          jobId,
          nativeId: String(at + 1),
          jobNativeId: String(at + 1),
          user: "ada",
          state: this.ended.has(jobId) ? "cancelled" : "pending",
          rawState: this.ended.has(jobId) ? "CANCELLED" : "PENDING",
        })),
      settle: async () => new Map(),
      budget: async () => undefined,
      outputs: async () => [],
      cancel: async ({ jobId }) => {
        this.ended.add(jobId);
      },
    });
  }
}

/** A step with the lock held, which the death of its holder gives back. */
async function unlocking(folder: Folder, process: Mortal, outlives: boolean, step: () => Promise<void>): Promise<void> {
  const taken = step();
  if (!outlives) void process.died.then(() => (folder.isLocked = false));
  await taken;
}

function submitted(jobId: string, nativeId: string): SubmittedJob {
  return { jobId, nativeId, directory: `/jobs/${jobId}` };
}

function unclear(): SluiceError {
  return new SluiceError("CLUSTER_UNREACHABLE", "an earlier submission is under way");
}
