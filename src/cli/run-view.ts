import { exitCodeOf } from "../jobs/exit-code.ts";
import type { ObservedChange } from "../jobs/follow.ts";
import type { RunEvent } from "../jobs/run-job.ts";
import { reasonInWords } from "../jobs/reason-words.ts";
import { finalStates, type JobObservation, type JobRecord } from "../schema/job.ts";
import { table } from "./table.ts";

/** Sluice's own words about a run, one line at a time, for stderr. */
export class RunView {
  readonly #say: (line: string) => void;
  readonly #cluster: string;
  #nativeId = "";
  #tasks: number | undefined;
  readonly #states = new Map<string, JobObservation>();
  #lastLine = "";

  constructor(cluster: string, say: (line: string) => void) {
    this.#cluster = cluster;
    this.#say = say;
  }

  tell(event: RunEvent): void {
    switch (event.type) {
      case "submitted":
        this.#nativeId = event.job.nativeId;
        this.#tasks = event.job.tasks?.length;
        return this.#say(`job ${this.#nativeId} submitted to ${this.#cluster}`);
      case "observed":
        for (const change of event.changes) this.#observed(change);
        return this.#progress();
      case "cancelling":
        return this.#say(`job ${this.#nativeId} is being cancelled; interrupt again to leave it to itself`);
      case "unreachable":
        return this.#say(`${this.#cluster} does not answer (${event.error.message}); the job goes on, trying again`);
      case "reachable":
        return this.#say(`${this.#cluster} answers again`);
      case "output-missing":
        return this.#say(
          `the ${event.file.stream} of job ${event.file.nativeId} cannot be seen here: ${event.file.path}`,
        );
      case "output":
      case "ended":
        return;
      default:
        return unreachable(event);
    }
  }

  /** The last word: how the job ended, and of an array how each task did. */
  end(record: JobRecord): void {
    if (this.#tasks === undefined) return this.#say(`job ${record.nativeId} ${endInWords(record.tasks[0])}`);
    const rows = record.tasks.map((task) => [
      task.nativeId,
      endState(task),
      String(exitCodeOf(task)),
      task.nodes ?? "",
      elapsed(task),
    ]);
    for (const line of table(["TASK", "STATE", "EXIT", "NODES", "ELAPSED"], rows).trimEnd().split("\n"))
      this.#say(line);
  }

  #observed({ observation, previous }: ObservedChange): void {
    this.#states.set(observation.nativeId, observation);
    if ((previous?.restarts ?? 0) < (observation.restarts ?? 0)) {
      this.#say(`job ${observation.nativeId} was requeued (restart ${observation.restarts})`);
    }
    if (this.#tasks === undefined && !finalStates.has(observation.state)) {
      this.#say(`job ${observation.nativeId} ${stateInWords(observation)}`);
    }
  }

  #progress(): void {
    if (this.#tasks === undefined) return;
    const line = this.#progressLine(this.#tasks);
    if (line !== this.#lastLine) this.#say(line);
    this.#lastLine = line;
  }

  #progressLine(tasks: number): string {
    const counts = new Map<string, number>();
    for (const { state } of this.#states.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    const ended = [...this.#states.values()].filter(({ state }) => finalStates.has(state)).length;
    const parts = [...counts].map(([state, count]) => `${count} ${state}`);
    const waiting = [...this.#states.values()].find(({ state, reason }) => state === "pending" && reason !== undefined);
    const why = waiting?.reason === undefined ? "" : ` (${reasonInWords(waiting.reason)})`;
    return `array ${this.#nativeId}: ${ended} of ${tasks} tasks ended: ${parts.join(", ")}${why}`;
  }
}

function stateInWords({ state, reason, nodes }: JobObservation): string {
  const why = reason === undefined || reason === "None" ? "" : `: ${reasonInWords(reason)}`;
  if (state === "pending") return `waits${why}`;
  if (state === "held") return reason === undefined ? "is held" : `is ${reasonInWords(reason)}`;
  if (state === "running") return nodes === undefined ? "runs" : `runs on ${nodes}`;
  return `is ${state.replaceAll("_", " ")}`;
}

/** `completed in 3 s`, `failed with exit code 3 after 2 s`, `was cancelled`. */
function endInWords(task: JobObservation | undefined): string {
  if (task === undefined) return "ended";
  const after = elapsed(task);
  const time = after === "" ? "" : ` after ${after}`;
  const signal = task.exit?.signal ?? 0;
  const how =
    signal > 0 ? ` by signal ${signal}` : task.state === "failed" ? ` with exit code ${task.exit?.status ?? 0}` : "";
  const why = reasonOfEnd(task);
  return `ended ${endState(task)}${how}${time}${why}`;
}

/** The scheduler's word, or in its absence ours in its way of writing. */
function endState({ rawState, state }: JobObservation): string {
  return rawState === "" ? state.toUpperCase() : rawState;
}

/** Ends that say all there is to say; the reason beside them is left over from the waiting. */
const quiet: ReadonlySet<string> = new Set(["completed", "cancelled"]);

function reasonOfEnd({ reason, state }: JobObservation): string {
  const plain: readonly string[] = ["None", "NonZeroExitCode", "RaisedSignal", "TimeLimit", "Receipt"];
  if (reason === "Receipt") return " (as its receipt tells; Slurm has forgotten it)";
  return reason === undefined || plain.includes(reason) || quiet.has(state) ? "" : `: ${reasonInWords(reason)}`;
}

function elapsed({ startedAt, endedAt }: JobObservation): string {
  if (startedAt === undefined || endedAt === undefined) return "";
  const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  return seconds < 0 ? "" : seconds % 1 === 0 ? `${seconds} s` : `${seconds.toFixed(1)} s`;
}

function unreachable(value: never): never {
  throw new Error(`unknown event ${JSON.stringify(value)}`);
}
