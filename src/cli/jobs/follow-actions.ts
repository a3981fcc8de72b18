import { SluiceError } from "../../errors.ts";
import type { Context } from "../command.ts";
import { exitCodeOf } from "../../jobs/exit-code.ts";
import { eventText, stateOf } from "./job-text.ts";
import { openJobsClient } from "./jobs-client.ts";

/** `sluice logs ID`. */
export async function printOutput(
  { io, signal, ...rest }: Context,
  id: string,
  options: {
    readonly follow?: boolean;
    readonly stderr?: boolean;
    readonly task?: string;
    readonly tail?: string;
    readonly offset?: string;
  },
): Promise<void> {
  const number = (name: "task" | "tail" | "offset"): object => {
    const text = options[name];
    return text === undefined ? {} : { [name]: toWhole(`--${name}`, text) };
  };
  const query = {
    stream: options.stderr === true ? "stderr" : "stdout",
    follow: options.follow === true,
    ...number("task"),
    ...number("tail"),
    ...number("offset"),
  } as const;
  await using jobs = await openJobsClient({ io, signal, ...rest });
  for await (const { bytes } of jobs.client.output(id, query, { signal })) {
    io.out(bytes);
    await io.drained();
  }
}

/** `sluice wait ID`. Returns the job's own exit code. Throws `DEADLINE_EXCEEDED`, and `SUBMIT_REJECTED` for a job that never ran. */
export async function waitForEnd(
  context: Context,
  id: string,
  { timeout, json, quiet }: { readonly timeout?: number; readonly json?: boolean; readonly quiet?: boolean },
): Promise<number> {
  const { io, signal } = context;
  const deadline = timeout === undefined ? undefined : AbortSignal.timeout(timeout);
  await using jobs = await openJobsClient(context);
  const job = await jobs.client
    .wait(id, { signal: deadline === undefined ? signal : AbortSignal.any([signal, deadline]) })
    .catch((error: unknown) => {
      if (deadline?.aborted !== true || signal.aborted) throw error;
      throw new SluiceError("DEADLINE_EXCEEDED", `job ${id} has not ended in ${(timeout ?? 0) / 1000} s; it goes on`, {
        cause: error,
      });
    });
  if (json === true) io.out(`${JSON.stringify(job)}\n`);
  else if (quiet !== true) io.out(`${job.id}  ${stateOf(job)}\n`);
  if (job.state === "rejected") {
    throw new SluiceError("SUBMIT_REJECTED", job.error?.message ?? "the scheduler refused the job");
  }
  return exitCodeOf({ ...job, nativeId: job.nativeId ?? "-", rawState: job.rawState ?? "" });
}

/** `sluice events`. */
export async function printEvents(
  context: Context,
  options: {
    readonly job?: string;
    readonly cluster?: string;
    readonly type?: readonly string[];
    readonly after?: string;
    readonly json?: boolean;
  },
): Promise<void> {
  const { job, cluster, type, after, json } = options;
  const query = {
    ...(job !== undefined && { job }),
    ...(cluster !== undefined && { cluster }),
    ...(type !== undefined && { type: type.join(",") }),
    ...(after !== undefined && { after: toWhole("--after", after) }),
  };
  await using jobs = await openJobsClient(context);
  for await (const event of jobs.client.events(query, { signal: context.signal })) {
    context.io.out(json === true ? `${JSON.stringify(event)}\n` : eventText(event));
    await context.io.drained();
  }
}

function toWhole(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new SluiceError("INPUT_INVALID", `${option} takes a whole number from 0, not ${JSON.stringify(text)}`, {
    details: { field: option },
  });
}
