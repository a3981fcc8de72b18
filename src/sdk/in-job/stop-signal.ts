import { SluiceError } from "../../errors.ts";

/** What ends a job: Slurm sends SIGTERM, and SIGKILL after `KillWait`. */
const stopSignals = ["SIGTERM", "SIGINT"] as const;

/** The longest that a function may take to end by itself, should nobody kill it. */
const graceMs = 60_000;

/** Turns the signal that asks a job to end into an abort, for a function that wants to know. */
export class StopSignal {
  #controller: AbortController | undefined;
  #isWanted = false;
  #stoppedBy: NodeJS.Signals | undefined;

  /** @param beforeDeath is called before the process ends by the signal */
  constructor(beforeDeath: () => void) {
    for (const name of stopSignals) {
      process.on(name, () => {
        if (this.#stoppedBy !== undefined) return;
        this.#stoppedBy = name;
        this.#controller?.abort(askedToEnd(name));
        const end = (): void => {
          beforeDeath();
          dieOf(name);
        };
        const handlesItself = process.listenerCount(name) > 1;
        if (this.#isWanted || handlesItself) setTimeout(end, graceMs).unref();
        else end();
      });
    }
  }

  /** The signal by which the process was asked to end. */
  get stoppedBy(): NodeJS.Signals | undefined {
    return this.#stoppedBy;
  }

  /** Who asks for it is given time to end by itself. */
  readonly wanted = (): AbortSignal => {
    this.#isWanted = true;
    return this.unheard;
  };

  /** The same for what is not to be waited for. */
  get unheard(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#stoppedBy !== undefined) this.#controller.abort(askedToEnd(this.#stoppedBy));
    }
    return this.#controller.signal;
  }
}

function askedToEnd(name: NodeJS.Signals): SluiceError {
  return new SluiceError("CANCELLED", `the job was asked to end (${name})`);
}

/** Ends the process as if it had not handled the signal, so that whoever waits for it sees that. */
export function dieOf(name: NodeJS.Signals): never {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
  // The first process of a container is not ended by a signal that it sends to itself.
  process.exit(143);
}
