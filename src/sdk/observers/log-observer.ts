import type {
  CompletedEvent,
  Observer,
  PackagingEndEvent,
  RunEndEvent,
  RunEvent,
  StatusEvent,
  SubmitEndEvent,
  WorkflowTaskEvent,
} from "./observer.ts";

/** Writes a line for each thing that happens, to stderr where no other place is given. */
export class LogObserver implements Observer {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void = (line) => void process.stderr.write(line)) {
    this.#write = write;
  }

  onPackagingEnd({ at, task, durationMs, error }: PackagingEndEvent): void {
    this.#log(
      at,
      error === undefined ? `packaged ${task} in ${durationMs} ms` : `packaging ${task} failed: ${inWords(error)}`,
    );
  }

  onSubmitEnd({ at, name, cluster, nativeId, calls, durationMs, error }: SubmitEndEvent): void {
    const what = calls === 1 ? `"${name}"` : `"${name}" (${calls} tasks)`;
    if (error !== undefined) this.#log(at, `${what} was not submitted to ${cluster}: ${inWords(error)}`);
    else this.#log(at, `submitted ${what} to ${cluster} as ${nativeId ?? "-"} in ${durationMs} ms`);
  }

  onStatus({ at, name, nativeId, status, index }: StatusEvent): void {
    // What a job has ended as is said once.
    if (index === undefined && status.endedAt !== undefined) return;
    const why = status.reason === undefined || status.reason === "None" ? "" : ` (${status.reason})`;
    const id = status.nativeId ?? nativeId ?? "-";
    this.#log(at, `"${name}" ${id} is ${status.state.replaceAll("_", " ")}${why}${placeOf(status.nodes)}`);
  }

  onCompleted({ at, name, nativeId, status }: CompletedEvent): void {
    this.#log(at, `"${name}" ${nativeId ?? "-"} ended: ${status.state.replaceAll("_", " ")}${placeOf(status.nodes)}`);
  }

  onWorkflowTaskSubmitted({ at, name, nativeId, calls }: WorkflowTaskEvent): void {
    this.#log(at, `the workflow submitted "${name}"${calls === 1 ? "" : ` (${calls} tasks)`} as ${nativeId ?? "-"}`);
  }

  onRunStart({ at, task, host, attempt }: RunEvent): void {
    this.#log(at, `${task ?? "the call"} begins on ${host}${attempt === 1 ? "" : `, try ${attempt}`}`);
  }

  onRunEnd(event: RunEndEvent): void {
    this.#ended(event);
  }

  onWorkflowStart({ at, task, host }: RunEvent): void {
    this.#log(at, `the workflow ${task ?? ""} begins on ${host}`);
  }

  onWorkflowEnd(event: RunEndEvent): void {
    this.#ended(event);
  }

  #ended({ at, task, durationMs, error }: RunEndEvent): void {
    const how =
      error === undefined ? `ended after ${durationMs} ms` : `threw after ${durationMs} ms: ${inWords(error)}`;
    this.#log(at, `${task ?? "the call"} ${how}`);
  }

  #log(at: number, text: string): void {
    this.#write(`${new Date(at).toISOString()} sluice: ${text}\n`);
  }
}

function placeOf(nodes: string | undefined): string {
  return nodes === undefined || nodes === "" ? "" : ` on ${nodes}`;
}

function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
