import { destroyAllClusters, destroyCluster } from "../../launcher/destroy.ts";
import { startCluster } from "../../launcher/start.ts";
import { clusterStatus } from "../../launcher/status.ts";
import { stopCluster } from "../../launcher/stop.ts";
import type { Context } from "../command.ts";
import type { LifecycleOptions } from "./lifecycle.ts";
import { nameOf, openLauncher, print, progressOf } from "./launcher.ts";

export async function start(context: Context, options: LifecycleOptions): Promise<void> {
  const deps = await openLauncher(context, options);
  const name = await nameOf(context, options.name);
  const began = performance.now();
  const started = await startCluster(deps, {
    ...progressOf(context, options),
    name,
    wait: options.wait ?? true,
  });
  const took = ((performance.now() - began) / 1000).toFixed(2);
  const status = options.json === true ? await clusterStatus(deps, name, context.signal) : undefined;
  print(
    context,
    options.json,
    { name, started, status },
    started ? `Cluster "${name}" is running (${took} s).\n` : `Cluster "${name}" is running already.\n`,
  );
}

export async function stop(context: Context, options: LifecycleOptions): Promise<void> {
  const deps = await openLauncher(context, options);
  const name = await nameOf(context, options.name);
  const stopped = await stopCluster(deps, { ...progressOf(context, options), name });
  print(
    context,
    options.json,
    { name, stopped },
    stopped ? `Cluster "${name}" is stopped; its queue is kept.\n` : `Cluster "${name}" was not running.\n`,
  );
}

export async function destroy(context: Context, options: LifecycleOptions): Promise<void> {
  const deps = await openLauncher(context, options);
  const how = progressOf(context, options);
  if (options.all === true) {
    const destroyed = await destroyAllClusters(deps, how);
    const text = destroyed.length === 0 ? "There are no clusters.\n" : `Destroyed ${destroyed.join(", ")}.\n`;
    print(context, options.json, { destroyed }, text);
    return;
  }
  const name = await nameOf(context, options.name);
  const destroyed = await destroyCluster(deps, { ...how, name });
  print(
    context,
    options.json,
    { destroyed: destroyed ? [name] : [] },
    destroyed ? `Destroyed ${name}.\n` : `There is no cluster "${name}"; nothing to destroy.\n`,
  );
}
