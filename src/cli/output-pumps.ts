import type { Client } from "../client/client.ts";
import { SluiceError } from "../errors.ts";
import type { RunView } from "./run-view.ts";

/** So many tasks of an array are read at once; others wait until one of those has ended. */
const tasksAtOnce = 16;

/** Passes what a job prints on to the view, both streams of it and of each of its tasks, as long as each goes on. */
export class OutputPumps {
  readonly #deps: PumpDeps;
  readonly #begun = new Map<string, Promise<void>>();
  /** How much of each file has been passed on. */
  readonly #passed = new Map<string, number>();
  #free = tasksAtOnce;
  readonly #waiting: (() => void)[] = [];

  constructor(deps: PumpDeps) {
    this.#deps = deps;
  }

  /** The job, or a task by its native id, has begun: from now on there is something to read. May be told often. */
  begin(nativeId = ""): void {
    if (this.#begun.has(nativeId)) return;
    const pump = this.#pump(nativeId);
    // `ended` throws it; until then it must not count as unhandled.
    pump.catch(() => {});
    this.#begun.set(nativeId, pump);
  }

  /** Resolves when all that there was has been passed on. Throws what reading threw. */
  async ended(): Promise<void> {
    await Promise.all(this.#begun.values());
    this.#deps.view.outputEnds();
  }

  async #pump(nativeId: string): Promise<void> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      await Promise.all([this.#read(nativeId, "stdout"), this.#read(nativeId, "stderr")]);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  async #read(nativeId: string, stream: "stdout" | "stderr"): Promise<void> {
    const { client, view, id, signal } = this.#deps;
    const task = /_(\d+)$/.exec(nativeId)?.[1];
    const query = { stream, follow: true, ...(task !== undefined && { task: Number(task) }) };
    try {
      for await (const { offset, bytes, path = nativeId } of client.output(id, query, { signal })) {
        // Of a file that tasks share, what another task's turn has passed on is passed on by it alone.
        const from =
          task === undefined ? 0 : Math.min(Math.max(0, (this.#passed.get(path) ?? 0) - offset), bytes.length);
        this.#passed.set(path, Math.max(this.#passed.get(path) ?? 0, offset + bytes.length));
        if (from < bytes.length) await view.output({ stream, nativeId, bytes: bytes.subarray(from) });
      }
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "FILE_UNREADABLE") throw error;
      view.say(error.message);
    }
  }
}

interface PumpDeps {
  readonly client: Client;
  readonly view: RunView;
  /** Sluice's id of the job. */
  readonly id: string;
  readonly signal: AbortSignal;
}
