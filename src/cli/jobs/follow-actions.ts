import { SluiceError } from "../../errors.ts";
import type { Context } from "../command.ts";
import { eventText } from "./job-text.ts";
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
