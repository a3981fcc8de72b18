import { assembleLauncher } from "../../assemble-launcher.ts";
import type { LauncherDeps, Progress } from "../../launcher/clusters.ts";
import { defaultClusterName } from "../../launcher/nearest-cluster.ts";
import { reapOrphans } from "../../launcher/owner-watch.ts";
import type { Context } from "../command.ts";

export interface Reporting {
  readonly timeout?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** The launcher for one command, after clusters whose owner has died were cleared away. */
export async function openLauncher(context: Context, options: Reporting): Promise<LauncherDeps> {
  const deps = assembleLauncher(await context.config());
  await reapOrphans(deps, progressOf(context, options));
  return deps;
}

/** Steps go to stderr, unless only results are wanted. */
export function progressOf(context: Context, { timeout = 60_000, json, quiet }: Reporting): Progress {
  const silent = json === true || quiet === true;
  return {
    signal: context.signal,
    timeoutMs: timeout,
    progress: (step) => {
      if (!silent) context.io.err(`  ${step}\n`);
    },
  };
}

/** The cluster that a command means. */
export async function nameOf(context: Context, name: string | undefined): Promise<string> {
  return name ?? (await context.config()).testCluster ?? defaultClusterName;
}

/** Prints a result: as JSON for machines, else as text for people. */
export function print(context: Context, json: boolean | undefined, value: unknown, text: string): void {
  context.io.out(json === true ? `${JSON.stringify(value, undefined, 2)}\n` : text);
}
