import type { Client, NodeList, PartitionList } from "../../client/client.ts";
import { errorCodes } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import type { Context } from "../command.ts";
import { nodesTable, partitionsTable } from "./inventory-text.ts";
import { openJobsClient } from "./jobs-client.ts";
import { widthOf } from "../table.ts";

interface Asked {
  readonly cluster?: string;
  readonly json?: boolean;
}

/** `sluice nodes`. */
export async function showNodes(
  context: Context,
  { partition, state, ...asked }: Asked & { readonly partition?: string; readonly state?: string },
): Promise<void> {
  const query = { ...(partition !== undefined && { partition }), ...(state !== undefined && { state }) };
  const { signal } = context;
  await show<NodeList>(context, asked, (client, cluster) => client.nodes(cluster, query, { signal }), nodesTable);
}

/** `sluice partitions`. */
export async function showPartitions(context: Context, asked: Asked): Promise<void> {
  const { signal } = context;
  await show<PartitionList>(
    context,
    asked,
    (client, cluster) => client.partitions(cluster, { signal }),
    partitionsTable,
  );
}

/** Asks one cluster or all at once. One that does not answer does not hinder the others; the exit code is that of the first. */
async function show<T extends NodeList | PartitionList>(
  context: Context,
  { cluster, json }: Asked,
  ask: (client: Client, cluster: string) => Promise<T>,
  toTable: (lists: readonly T[], columns: number) => string,
): Promise<void> {
  const { io, signal } = context;
  await using jobs = await openJobsClient(context);
  const { client } = jobs;
  const names = cluster === undefined ? (await client.clusters({ signal })).map(({ name }) => name) : [cluster];
  const answers = await Promise.all(
    names.map(async (name) => {
      try {
        return { list: await ask(client, name) };
      } catch (error) {
        if (cluster !== undefined || !(error instanceof SluiceError) || signal.aborted) throw error;
        return { name, error };
      }
    }),
  );
  const lists = answers.flatMap((answer) => ("list" in answer ? [answer.list] : []));
  io.out(json === true ? `${JSON.stringify({ clusters: lists }, undefined, 2)}\n` : toTable(lists, widthOf(io)));
  for (const { cluster: name, stale, asOf, message } of lists) {
    if (stale)
      io.err(`${name}: as of ${asOf}; it has not answered since${message === undefined ? "" : `: ${message}`}\n`);
  }
  for (const answer of answers) {
    if (!("error" in answer)) continue;
    io.err(`error: ${answer.name}: ${answer.error.message} [${answer.error.code}]\n`);
    context.exitCode ||= errorCodes[answer.error.code].exit;
  }
}
