import { writeSync } from "node:fs";
import { registeredTasks } from "../define/registry.ts";

/** The file descriptor that the answer is written to, so that what a module prints does not hinder. */
export const answerDescriptor = 3;

/** What loading the module in a job gave. */
export interface TaskListing {
  /** Ids of the tasks that registered themselves. */
  readonly tasks: readonly string[];
  readonly error?: { readonly name: string; readonly message: string; readonly stack: string; readonly code?: string };
}

/** Loads the module as a job does, says which tasks registered themselves, and ends the process, whatever it still does. */
export async function listTasks(load: () => Promise<unknown>): Promise<never> {
  process.on("uncaughtException", (error) => answer({ tasks: [], error: describe(error) }));
  process.on("unhandledRejection", (reason) => answer({ tasks: [], error: describe(reason) }));
  // As a runner does: what submits now would do so in every job.
  Reflect.set(globalThis, Symbol.for("sluice.loading"), true);
  try {
    await load();
    // A promise that nobody waits for, and that rejects at once, is told of in a moment.
    await new Promise((resolve) => setImmediate(resolve));
  } catch (error) {
    answer({ tasks: [], error: describe(error) });
  }
  answer({ tasks: registeredTasks().map(({ id }) => id) });
}

function answer(listing: TaskListing): never {
  const bytes = Buffer.from(JSON.stringify(listing));
  for (let at = 0; at < bytes.length;) at += writeSync(answerDescriptor, bytes, at);
  process.exit(0);
}

function describe(thrown: unknown): NonNullable<TaskListing["error"]> {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), stack: "" };
  const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
  return {
    name: thrown.name,
    message: thrown.message,
    stack: thrown.stack ?? "",
    ...(code !== undefined && { code }),
  };
}
