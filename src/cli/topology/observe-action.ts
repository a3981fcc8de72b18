import { resolve } from "node:path";
import { readTokenFile } from "../../gateway/auth/local-token.ts";
import { systemClock } from "../../jobs/clock.ts";
import { plainAnswer, startHealthServer, type HealthAnswer } from "./health-server.ts";
import { observe } from "../../topology/observer/observe.ts";
import type { ObserverStatus } from "../../topology/observer/observer-status.ts";
import type { Context } from "../command.ts";
import type { ObserveOptions } from "./observe.ts";
import { hostOf } from "./provider-request.ts";
import { readObserverConfig } from "./read-observer-config.ts";

/** Observes until it is told to stop. */
export async function observeTopology(context: Context, options: ObserveOptions): Promise<void> {
  const { environment, tokenFile } = await context.config();
  const { config, healthzPort } = await readObserverConfig(resolve(context.cwd, options.config), environment);
  const host = await hostOf(context, false);
  const api = await host.kubernetes();
  let status: ObserverStatus = { state: "waiting", since: new Date(systemClock.now()).toISOString() };
  const answers = { "/healthz": () => plainAnswer("ok"), "/status": () => statusAnswer(status) };
  await using server = healthzPort > 0 ? await startHealthServer(healthzPort, answers) : undefined;
  if (server !== undefined) host.log("info", `probes are answered on port ${server.port}: /healthz, /status`);
  const deps = {
    api,
    clock: systemClock,
    log: (level: Parameters<typeof host.log>[0], message: string) => host.log(level, message),
    report: (changed: ObserverStatus) => {
      status = changed;
    },
  };
  const token = tokenFile === undefined ? {} : { readToken: () => readTokenFile(tokenFile) };
  await observe(deps, { ...config, ...token }, context.signal);
}

/** 503 while the last topology that was asked for has failed, for alerts and for people. */
export function statusAnswer(status: ObserverStatus): HealthAnswer {
  return {
    status: status.state === "failed" ? 503 : 200,
    body: `${JSON.stringify(status)}\n`,
    contentType: "application/json",
  };
}
