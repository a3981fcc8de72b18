import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Ask, EngineSettings } from "./engine-process.ts";

const program = fileURLToPath(new URL("./engine-process.ts", import.meta.url));

const Answer = z.union([
  z.strictObject({ ready: z.literal(true) }),
  z.strictObject({ number: z.int(), ids: z.array(z.string().nullable()) }),
  z.strictObject({ number: z.int(), error: z.string() }),
]);

interface Asked {
  readonly resolve: (ids: readonly (string | null)[] | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** One process of the engine, which may be killed at any time. */
export class EngineChild {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #asked = new Map<number, Asked>();
  #last = 0;
  /** Resolves when its engine runs, or when it has died before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;

  /** `hear` is told what it says on stderr: nothing, in a good run. */
  constructor(
    settings: EngineSettings,
    environment: Readonly<Record<string, string | undefined>>,
    hear: (text: string) => void,
  ) {
    const child = spawn(process.execPath, ["--no-warnings", program, JSON.stringify(settings)], {
      env: { ...environment, SLURM_CONF: settings.slurmConf },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stderr.setEncoding("utf8").on("data", hear);
    // A process that dies leaves its pipes behind.
    child.stdin.on("error", () => {});
    this.#child = child;
    this.ended = new Promise((resolve) => child.once("close", () => resolve()));
    this.ready = new Promise((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const answer = Answer.parse(JSON.parse(line));
        if ("ready" in answer) return resolve();
        const asked = this.#asked.get(answer.number);
        this.#asked.delete(answer.number);
        if ("error" in answer) asked?.reject(new Error(answer.error));
        else asked?.resolve(answer.ids);
      });
      child.once("close", () => {
        resolve();
        for (const asked of this.#asked.values()) asked.resolve(undefined);
        this.#asked.clear();
      });
    });
  }

  /** Resolves to Sluice's ids of what was submitted, to `undefined` where it died before it answered. */
  ask(what: Omit<Ask, "number">): Promise<readonly (string | null)[] | undefined> {
    return new Promise((resolve, reject) => {
      if (!this.isRunning) return resolve(undefined);
      this.#last += 1;
      this.#asked.set(this.#last, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ number: this.#last, ...what })}\n`);
    });
  }

  /** Suspends or continues it, as a laptop's lid or a hypervisor does. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  /** Kills it, and only it: what it has started goes on. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** Kills it with all that it has started, as the end of a login session would. */
  async killAll(): Promise<void> {
    const { pid } = this.#child;
    const offspring = pid === undefined || !this.isRunning ? [] : childrenOf(pid);
    this.#child.kill("SIGKILL");
    for (const child of offspring) {
      for (const target of [-child, child]) {
        try {
          // The runner makes each command a group of its own; ssh is none.
          process.kill(target, "SIGKILL");
        } catch {
          // It has ended, or leads no group.
        }
      }
    }
    await this.ended;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The signal that ended it, where one did. */
  get diedBy(): string | undefined {
    return this.#child.signalCode ?? undefined;
  }
}

function childrenOf(pid: number): readonly number[] {
  const words = textOf(`/proc/${pid}/task/${pid}/children`).split(" ");
  return words.filter((word) => word !== "").map(Number);
}

/** A file of proc(5); nothing for a process that has ended. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
