import { clusterLogs } from "../../launcher/logs.ts";
import { clusterStatus, listClusters } from "../../launcher/status.ts";
import type { Context } from "../command.ts";
import { table } from "../table.ts";
import { nameOf, openLauncher, print } from "./launcher.ts";
import type { ListOptions, LogsOptions, StatusOptions } from "./look.ts";
import { formatStatus, formatUptime } from "./status-text.ts";

export async function status(context: Context, options: StatusOptions): Promise<void> {
  const deps = await openLauncher(context, options);
  const shown = await clusterStatus(deps, await nameOf(context, options.name), context.signal);
  print(context, options.json, shown, formatStatus(shown));
}

export async function list(context: Context, options: ListOptions): Promise<void> {
  const clusters = listClusters(await openLauncher(context, options));
  const rows = clusters.map((cluster) => [
    cluster.name,
    cluster.status,
    cluster.uptime === undefined ? "-" : formatUptime(cluster.uptime),
    String(cluster.nodes),
    cluster.driver,
    cluster.ssh_port === undefined ? "-" : String(cluster.ssh_port),
    cluster.directory,
  ]);
  const headings = ["NAME", "STATUS", "UPTIME", "NODES", "DRIVER", "SSH", "DIRECTORY"];
  const text = table(headings, rows);
  if (rows.length === 0 && options.json !== true) {
    context.io.err("There are no clusters yet; make one with: sluice cluster create --start\n");
    return;
  }
  print(context, options.json, clusters, options.headers ? text : text.slice(text.indexOf("\n") + 1));
}

export async function logs(context: Context, node: string | undefined, options: LogsOptions): Promise<void> {
  const deps = await openLauncher(context, options);
  const lines = clusterLogs(deps, {
    name: await nameOf(context, options.name),
    follow: options.follow === true,
    signal: context.signal,
    ...(node === undefined ? {} : { source: node }),
    ...(options.tail === undefined ? {} : { tail: options.tail }),
  });
  for await (const line of lines) {
    const prefix = node === undefined ? `${line.source} | ` : "";
    context.io.out(options.json === true ? `${JSON.stringify(line)}\n` : `${prefix}${line.line}\n`);
    await context.io.drained();
  }
}
