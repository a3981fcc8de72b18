import type { Client } from "../../client/client.ts";
import { parseInput } from "../../gateway/parse-input.ts";
import { listJobs as contract } from "../../gateway/contract/job-operations.ts";
import { Job } from "../../schema/api-job.ts";
import type { Context } from "../command.ts";
import { table, widthOf } from "../table.ts";
import { clustersTable, explanationText, jobsTable, jobText, queueTable } from "./job-text.ts";
import { openJobsClient } from "./jobs-client.ts";

interface Json {
  readonly json?: boolean;
}

/** Asks, and prints JSON for machines or the text for people. */
async function show<T>(
  context: Context,
  { json }: Json,
  ask: (client: Client, options: { readonly signal: AbortSignal }) => Promise<T>,
  toText: (answer: T) => string,
  toJson: (answer: T) => unknown = (answer) => answer,
): Promise<void> {
  await using jobs = await openJobsClient(context);
  const answer = await ask(jobs.client, { signal: context.signal });
  context.io.out(json === true ? `${JSON.stringify(toJson(answer), undefined, 2)}\n` : toText(answer));
}

/** `sluice jobs`. */
export async function listJobs(
  context: Context,
  { json, ...query }: Json & Readonly<Record<string, unknown>>,
): Promise<void> {
  // Checked here as the gateway checks it, so that a mistyped state is told without asking.
  parseInput(contract.query, query, "query");
  await show(
    context,
    { ...(json !== undefined && { json }) },
    (client, options) => client.page(query, options),
    ({ jobs, next }) =>
      `${jobsTable(
        jobs.map((job) => Job.parse(job)),
        widthOf(context.io),
      )}${next === undefined ? "" : `There are more: --cursor ${next}\n`}`,
  );
}

/** `sluice job ID`. */
export async function showJob(
  context: Context,
  id: string,
  options: Json & { readonly tasks?: boolean; readonly script?: boolean },
): Promise<void> {
  if (options.script === true) {
    await using jobs = await openJobsClient(context);
    return context.io.out(await jobs.client.script(id, { signal: context.signal }));
  }
  if (options.tasks !== true) return show(context, options, (client, asked) => client.job(id, asked), jobText);
  await show(
    context,
    options,
    (client, asked) => client.tasks(id, asked),
    (tasks) =>
      table(
        ["TASK", "STATE", "REASON", "NODES", "EXIT"],
        tasks.map(({ nativeId, state, reason, nodes, exit }) => [
          nativeId,
          state,
          reason ?? "-",
          nodes ?? "-",
          exit === undefined ? "-" : `${exit.status}:${exit.signal}`,
        ]),
      ),
    (tasks) => ({ tasks }),
  );
}

/** `sluice explain ID`. */
export function explainJob(context: Context, id: string, options: Json): Promise<void> {
  return show(context, options, (client, asked) => client.explain(id, asked), explanationText);
}

/** `sluice queue`. */
export function showQueue(
  context: Context,
  { cluster, user, ...options }: Json & { readonly cluster?: string; readonly user?: string },
): Promise<void> {
  const query = { ...(cluster !== undefined && { cluster }), ...(user !== undefined && { user }) };
  return show(
    context,
    options,
    (client, asked) => client.queue(query, asked),
    (queue) => queueTable(queue, widthOf(context.io)),
    (queue) => ({ queue }),
  );
}

/** `sluice clusters`. */
export function listClusters(context: Context, options: Json): Promise<void> {
  return show(
    context,
    options,
    (client, asked) => client.clusters(asked),
    clustersTable,
    (clusters) => ({ clusters }),
  );
}
