import { resolve } from "node:path";
import { annotateNode } from "../../topology/broker/annotate-node.ts";
import { plainAnswer, startHealthServer } from "./health-server.ts";
import { nodeIdentity } from "../../topology/providers/node-identity.ts";
import type { Context } from "../command.ts";
import type { BrokerOptions } from "./broker.ts";
import { hostOf } from "./provider-request.ts";
import { readBrokerConfig } from "./read-broker-config.ts";

/** Writes what this Node is, and answers probes until it is told to stop. */
export async function brokerNode(context: Context, options: BrokerOptions): Promise<void> {
  const { environment } = await context.config();
  const { signal } = context;
  const { provider, params, healthzPort } = await readBrokerConfig(resolve(context.cwd, options.config));
  const host = await hostOf(context, false);
  const nodeName = environment["NODE_NAME"] ?? "";
  const annotations = await nodeIdentity(provider, { nodeName, params, host }, signal);
  const outcome = await annotateNode(await host.kubernetes(), { nodeName, annotations }, signal);
  host.log("info", `annotations of node ${nodeName} ${outcome}: ${JSON.stringify(annotations)}`);
  await using server = await startHealthServer(healthzPort, { "/healthz": () => plainAnswer("ok") });
  host.log("info", `probes are answered on port ${server.port}: /healthz`);
  await new Promise<void>((stop) => {
    if (signal.aborted) stop();
    else signal.addEventListener("abort", () => stop(), { once: true });
  });
}
