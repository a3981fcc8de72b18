import type { Clock } from "../../jobs/clock.ts";
import { finalStates, type JobObservation, type JobState } from "../../schema/job.ts";
import type { WalkStep } from "./outcome.ts";

export interface MockTaskDeps {
  readonly nativeId: string;
  /** Of an array. */
  readonly task: number | undefined;
  readonly walk: readonly WalkStep[];
  readonly clock: Clock;
  /** Why it may not leave the queue now, in the scheduler's word. */
  readonly gate: () => string | undefined;
  /** What it has printed so far is done away with, as at the start of another run. */
  readonly begin: () => void;
  readonly print: (stream: "stdout" | "stderr", words: string | Uint8Array) => void;
  /** Leaves a file. */
  readonly leave: (name: string, content: string | Uint8Array) => void;
  /** What is the same in every observation of it. */
  readonly facts: Pick<JobObservation, "name" | "partition" | "submittedAt">;
  /** A hostlist: where it runs. */
  readonly nodes: string;
}

/** States that a job has only if it ran, though no look may have seen it run. */
const ran: ReadonlySet<JobState> = new Set<JobState>([
  "running",
  "suspended",
  "completing",
  "completed",
  "failed",
  "timeout",
  "out_of_memory",
  "preempted",
]);

const held: ReadonlySet<string> = new Set(["JobHeldUser", "JobHeldAdmin"]);

/**
 * One job, or one task of an array, on its way through its states. It stands still until somebody looks: a state is left
 * when as many looks as it is to have have shown it, when its time is over, or when what it waits for is so.
 */
export class MockTask {
  readonly nativeId: string;
  readonly task: number | undefined;
  readonly #deps: MockTaskDeps;
  #walk: readonly WalkStep[];
  #at = 0;
  #looks = 0;
  #enteredAtMs: number;
  #startedAtMs: number | undefined;
  #endedAtMs: number | undefined;
  #restarts = 0;
  #wasHeldBack = false;

  constructor(deps: MockTaskDeps) {
    this.#deps = deps;
    this.nativeId = deps.nativeId;
    this.task = deps.task;
    this.#walk = deps.walk;
    this.#enteredAtMs = deps.clock.now();
    this.#arrive();
  }

  get state(): JobState {
    return this.#step.state;
  }

  get hasStarted(): boolean {
    return this.#startedAtMs !== undefined;
  }

  get startedAtMs(): number | undefined {
    return this.#startedAtMs;
  }

  get isRunning(): boolean {
    return this.hasStarted && !this.hasEnded;
  }

  get hasEnded(): boolean {
    return finalStates.has(this.state);
  }

  get endedAtMs(): number | undefined {
    return this.#endedAtMs;
  }

  /** Goes on as far as time and looks have it. */
  catchUp(): void {
    while (this.#isOver() && this.#isFree()) this.#enter(this.#at + 1, this.#endOfStep());
  }

  /** Goes on to the next state, whatever the one that it is in has to have. */
  advance(): void {
    if (this.#at + 1 < this.#walk.length) this.#enter(this.#at + 1, this.#deps.clock.now());
  }

  /** As of a look, which counts. */
  look(): JobObservation {
    this.catchUp();
    this.#looks += 1;
    return this.observe();
  }

  observe(): JobObservation {
    const { nativeId, facts, nodes, gate } = this.#deps;
    const step = this.#step;
    const gateReason = step.state === "pending" ? gate() : undefined;
    const reason = gateReason ?? step.reason;
    const isHeld = gateReason !== undefined && held.has(gateReason);
    return {
      nativeId,
      ...facts,
      state: isHeld ? "held" : step.state,
      rawState: step.state.toUpperCase(),
      restarts: this.#restarts,
      ...(reason !== undefined && { reason }),
      ...(this.hasEnded && step.exit !== undefined && { exit: step.exit }),
      ...(this.#startedAtMs !== undefined && { nodes, startedAt: new Date(this.#startedAtMs).toISOString() }),
      ...(this.#endedAtMs !== undefined && { endedAt: new Date(this.#endedAtMs).toISOString() }),
    };
  }

  /** Ends it as the scheduler does; one that has ended stays as it is. */
  end(state: JobState, signal: number): void {
    if (this.hasEnded) return;
    this.#walk = [...this.#walk.slice(0, this.#at + 1), { state, polls: Infinity, exit: { status: 0, signal } }];
    this.#enter(this.#at + 1, this.#deps.clock.now());
  }

  /** Puts it back into the queue, to walk its whole way again. */
  requeue(): void {
    if (!this.hasStarted && !this.hasEnded) return;
    const { walk } = this.#deps;
    this.#walk = walk[0]?.state === "pending" ? walk : [{ state: "pending", polls: 1 }, ...walk];
    this.#enter(0, this.#deps.clock.now());
  }

  get #step(): WalkStep {
    const step = this.#walk[this.#at];
    if (step === undefined) throw new Error(`job ${this.nativeId} has walked beyond its end`);
    return step;
  }

  #isOver(): boolean {
    if (this.#at + 1 >= this.#walk.length) return false;
    const { polls, seconds, until } = this.#step;
    if (until !== undefined) return this.#looks > 0 && until();
    if (seconds !== undefined) return this.#deps.clock.now() >= this.#enteredAtMs + seconds * 1_000;
    return this.#looks >= polls;
  }

  #isFree(): boolean {
    const isFree = this.state !== "pending" || this.#deps.gate() === undefined;
    if (!isFree) this.#wasHeldBack = true;
    return isFree;
  }

  /** When the step ended, by the clock's word: a look may come late. */
  #endOfStep(): number {
    const { seconds } = this.#step;
    const now = this.#deps.clock.now();
    return seconds === undefined || this.#wasHeldBack ? now : Math.min(now, this.#enteredAtMs + seconds * 1_000);
  }

  #enter(at: number, now: number): void {
    const before = this.state;
    this.#at = at;
    this.#looks = 0;
    this.#enteredAtMs = now;
    this.#wasHeldBack = false;
    if (this.state === "pending" && before !== "pending") {
      this.#restarts += 1;
      this.#startedAtMs = undefined;
      this.#endedAtMs = undefined;
    }
    this.#arrive();
  }

  #arrive(): void {
    const { state, stdout, stderr, files = {} } = this.#step;
    if (ran.has(state) && this.#startedAtMs === undefined) {
      this.#startedAtMs = this.#enteredAtMs;
      this.#deps.begin();
    }
    if (this.hasEnded) this.#endedAtMs = this.#enteredAtMs;
    // What never ran has printed nothing, and left nothing.
    if (this.#startedAtMs === undefined) return;
    if (stdout !== undefined) this.#deps.print("stdout", stdout);
    if (stderr !== undefined) this.#deps.print("stderr", stderr);
    for (const [name, content] of Object.entries(files)) this.#deps.leave(name, content);
  }
}
