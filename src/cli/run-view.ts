import type { Job, JobEvent } from "../client/client.ts";
import { isSaidByExit } from "../jobs/end-words.ts";
import { exitCodeOf } from "../jobs/exit-code.ts";
import { reasonInWords } from "../jobs/reason-words.ts";
import { endStates, finalStates, jobStates } from "../schema/job-state.ts";
import type { JobObservation, JobRecord } from "../schema/job.ts";
import type { Freshness } from "../schema/stored-job.ts";
import type { Io } from "./io.ts";
import { plain } from "./jobs/job-text.ts";
import { RunOutput, type OutputPart } from "./run-output.ts";
import { table } from "./table.ts";

type StateChange = Extract<JobEvent, { type: "state" }>["data"];
type TaskState = Pick<JobObservation, "nativeId" | "state" | "reason">;

/** In the order that they are counted in: what has ended stands first, whatever ended first. */
const shownStates = [...new Set([...endStates, ...jobStates])];

/** What the user of `run` sees: the job's own output, and Sluice's words about it, one line at a time, on stderr. */
export class RunView {
  readonly #io: Io;
  readonly #quiet: boolean;
  readonly #cluster: string;
  readonly #toStderr: boolean;
  #output: RunOutput;
  #lineIsOpen = false;
  #nativeId = "";
  #tasks: number | undefined;
  #last: StateChange | undefined;
  #isSilent = false;
  readonly #states = new Map<string, TaskState>();
  #lastLine = "";

  constructor(io: Io, cluster: string, { quiet, json }: { readonly quiet: boolean; readonly json: boolean }) {
    this.#io = io;
    this.#cluster = cluster;
    this.#quiet = quiet;
    this.#toStderr = json;
    this.#output = new RunOutput(io, { wholeLines: false, toStderr: json });
  }

  say(line: string): void {
    if (this.#quiet) return;
    const { isTTY, errIsTTY } = this.#io;
    // On a terminal a job's unterminated line is ended first; in files and pipes its bytes stay as they are.
    const end = this.#lineIsOpen && isTTY && errIsTTY ? "\n" : "";
    this.#lineIsOpen = false;
    this.#io.err(`${end}sluice: ${plain(line)}\n`);
  }

  submitted({ nativeId = "", tasks }: Job): void {
    this.#nativeId = nativeId;
    this.#tasks = tasks?.length;
    this.#output = new RunOutput(this.#io, { wholeLines: tasks !== undefined, toStderr: this.#toStderr });
    this.say(`job ${nativeId} submitted to ${this.#cluster}`);
  }

  /** Resolves when what was printed has been taken. */
  async output(part: OutputPart): Promise<void> {
    this.#output.pass(part);
    this.#lineIsOpen = part.bytes.at(-1) !== 0x0a;
    await this.#io.drained();
  }

  outputEnds(): void {
    this.#output.end();
  }

  state(change: StateChange): void {
    const previous = this.#last;
    this.#last = change;
    if (this.#nativeId === "") return;
    if ((previous?.restarts ?? 0) < change.restarts) {
      this.say(`job ${this.#nativeId} was requeued (restart ${change.restarts})`);
    }
    const isNews =
      previous?.state !== change.state || (change.state === "pending" && previous.reason !== change.reason);
    // That a job is pending before its cluster has been looked at says nothing that "submitted" has not said.
    const isFirst = change.state === "pending" && change.rawState === undefined;
    if (this.#tasks === undefined && isNews && !isFirst && !finalStates.has(change.state)) {
      this.say(`job ${this.#nativeId} ${stateInWords(change)}`);
    }
  }

  task(change: TaskState): void {
    this.tasks([change]);
  }

  tasks(changes: readonly TaskState[]): void {
    for (const change of changes) this.#states.set(change.nativeId, change);
    if (this.#tasks === undefined) return;
    const line = this.#progressLine(this.#tasks);
    if (line !== this.#lastLine) this.say(line);
    this.#lastLine = line;
  }

  cancelling(): void {
    const job = this.#nativeId === "" ? "the job" : `job ${this.#nativeId}`;
    this.say(`${job} is being cancelled; interrupt again to leave it to itself`);
  }

  freshness(freshness: Freshness): void {
    if (freshness === "fresh" && this.#isSilent) this.say(`${this.#cluster} answers again`);
    this.#isSilent = freshness === "stale";
    if (freshness === "hidden") this.say(`${this.#cluster} does not show job ${this.#nativeId} to us (PrivateData)`);
  }

  silent(why: string): void {
    const words = why === "" ? "" : ` (${why})`;
    this.say(`${this.#cluster} does not answer${words}; the job goes on, trying again`);
  }

  /** The last word: how the job ended, and of an array how each task did. */
  end(record: JobRecord): void {
    // That it ended may be the first that a cluster tells when it answers again.
    if (this.#isSilent) this.freshness("fresh");
    if (this.#tasks === undefined) return this.say(`job ${record.nativeId} ${endInWords(record.tasks[0])}`);
    const rows = record.tasks.map((task) => [
      task.nativeId,
      endState(task),
      String(exitCodeOf(task)),
      task.nodes ?? "",
      elapsed(task),
    ]);
    for (const line of table(["TASK", "STATE", "EXIT", "NODES", "ELAPSED"], rows).trimEnd().split("\n")) this.say(line);
  }

  #progressLine(tasks: number): string {
    const states = [...this.#states.values()];
    const counts = new Map<string, number>();
    for (const { state } of states) counts.set(state, (counts.get(state) ?? 0) + 1);
    const ended = states.filter(({ state }) => finalStates.has(state)).length;
    const parts = shownStates.filter((state) => counts.has(state)).map((state) => `${counts.get(state)} ${state}`);
    const waiting = states.find(({ state, reason }) => state === "pending" && reason !== undefined);
    const why = waiting?.reason === undefined ? "" : ` (${reasonInWords(waiting.reason)})`;
    return `array ${this.#nativeId}: ${ended} of ${tasks} tasks ended: ${parts.join(", ")}${why}`;
  }
}

function stateInWords({ state, reason, nodes }: StateChange): string {
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

function reasonOfEnd({ reason, state, exit }: JobObservation): string {
  if (reason === "Receipt") return " (as its receipt tells; Slurm has forgotten it)";
  if (reason === undefined || reason === "None" || reason === "TimeLimit" || quiet.has(state)) return "";
  return isSaidByExit({ reason, exit }) ? "" : `: ${reasonInWords(reason)}`;
}

function elapsed({ startedAt, endedAt }: JobObservation): string {
  if (startedAt === undefined || endedAt === undefined) return "";
  const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  return seconds < 0 ? "" : seconds % 1 === 0 ? `${seconds} s` : `${seconds.toFixed(1)} s`;
}
