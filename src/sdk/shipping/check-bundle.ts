import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { SluiceError } from "../../errors.ts";
import { toText } from "../define/registry.ts";
import type { TaskDefinition } from "../define/task-definition.ts";
import { BundleFolder } from "./bundle-folder.ts";
import type { TaskBundle } from "./bundle-task.ts";
import { leftOutPackages } from "./left-out-packages.ts";
import { answerDescriptor, type TaskListing } from "./list-tasks.ts";
import { SharedWork } from "./shared-work.ts";

export interface CheckOptions {
  readonly home: string;
  /** How long the module may take to load; 20,000 where left out. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** So long that a busy machine is no reason, and short enough to wait for. */
const usualDeadlineMs = 20_000;
/** What is kept of what the module prints to stderr, for where it ends without a word of why. */
const keptOutput = 4_000;

const checking = new SharedWork<TaskListing>();

/**
 * Loads the code of a task in a process of its own, as a job does, and sees that the task is there; once for each content.
 *
 * Throws `TASK_NOT_REGISTERED` where it is not, `TASK_LOAD_FAILED` where the module throws or does not end loading, and
 * `IN_JOB_SUBMIT` where it submits.
 */
export async function checkTask(
  { id, place }: Pick<TaskDefinition, "id" | "place">,
  { sha256, project }: Pick<TaskBundle, "sha256" | "project">,
  { home, deadlineMs = usualDeadlineMs, signal }: CheckOptions,
): Promise<void> {
  const folder = new BundleFolder(home);
  const name = `${sha256}.tasks`;
  const noted = folder.readNote(name);
  if (isTaskListing(noted) && noted.tasks.includes(id)) return;

  const listing = await checking.do(`${home}\0${sha256}`, signal, (stop) =>
    list(folder.contentPath(sha256), { project, module: place.module, deadlineMs, signal: stop }),
  );
  if (listing.error !== undefined) throw loadFailed(place.module, listing.error);
  if (!listing.tasks.includes(id)) throw notRegistered({ id, place }, listing.tasks);
  await folder.writeNote(name, listing);
}

async function list(
  code: string,
  {
    project,
    module,
    deadlineMs,
    signal,
  }: { readonly project: string; readonly module: string; readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<TaskListing> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--import", leftOutPackages(project), code, "--list-tasks"],
    // A group of its own, so that what the module starts ends with it.
    { stdio: ["ignore", "ignore", "pipe", "pipe"], detached: true },
  );
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  // What left the group may hold the other ends of the pipes.
  const giveUp = (): void => {
    kill();
    for (const stream of child.stdio) stream?.destroy();
  };
  const stop = AbortSignal.any([deadline, signal]);
  stop.addEventListener("abort", giveUp, { once: true });
  child.once("exit", kill);
  try {
    if (stop.aborted) giveUp();
    let [answer, words] = ["", ""];
    const answers = child.stdio[answerDescriptor];
    if (answers instanceof Readable) answers.on("data", (bytes: Buffer) => (answer += bytes.toString("latin1")));
    child.stderr?.on("data", (bytes: Buffer) => (words = `${words}${bytes.toString()}`.slice(-keptOutput)));
    const [exit, killedBy]: (number | string | null)[] = await once(child, "close");
    signal.throwIfAborted();
    const listing = parse(Buffer.from(answer, "latin1").toString());
    if (listing !== undefined) return listing;
    const why = deadline.aborted
      ? `it has not ended loading after ${deadlineMs / 1000} s`
      : `it ended the process while it was loaded (${killedBy === null ? `exit status ${exit}` : `signal ${killedBy}`})`;
    throw new SluiceError(
      "TASK_LOAD_FAILED",
      `${module} cannot be loaded in a job: ${why}${words === "" ? "" : `; its words: ${words.trim()}`}`,
      {
        details: { module },
      },
    );
  } finally {
    stop.removeEventListener("abort", giveUp);
    kill();
  }
}

function parse(text: string): TaskListing | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isTaskListing(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTaskListing(value: unknown): value is TaskListing {
  return typeof value === "object" && value !== null && "tasks" in value && Array.isArray(value.tasks);
}

function loadFailed(module: string, { name, message, stack, code }: NonNullable<TaskListing["error"]>): SluiceError {
  // The module's own words say all of it.
  if (code === "IN_JOB_SUBMIT")
    return new SluiceError("IN_JOB_SUBMIT", `${module}: ${message}`, { details: { module, stack } });
  const frame = /^\s+at .*$/m.exec(stack)?.[0].trim();
  const where = frame === undefined ? "" : ` (${frame})`;
  return new SluiceError(
    "TASK_LOAD_FAILED",
    `${module} throws while it is loaded in a job: ${name}: ${message}${where}`,
    {
      details: { module, stack },
    },
  );
}

function notRegistered({ id, place }: Pick<TaskDefinition, "id" | "place">, tasks: readonly string[]): SluiceError {
  const at = toText(place);
  const there = tasks.length === 0 ? "it has no task at all" : `it has ${tasks.join(", ")}`;
  return new SluiceError(
    "TASK_NOT_REGISTERED",
    `the task ${JSON.stringify(id)} is not there when ${at} is loaded in a job (${there}): it is defined inside a function or a ` +
      "condition; define it at the top level of its module",
    { details: { task: id, module: place.module, tasks } },
  );
}
