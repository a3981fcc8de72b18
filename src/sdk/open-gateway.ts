import { openGateway } from "../client/open-gateway.ts";
import { readConfig } from "../config.ts";
import { SluiceError } from "../errors.ts";
import { takesDependencies, type OpenedClient } from "./client-backend.ts";
import type { Connection } from "./connection.ts";

/** The cluster that is named at a gateway, or its default. Throws `CLUSTER_NOT_FOUND`, and `INPUT_INVALID` where there is none. */
export async function openGatewayClient(
  { url, token, tokenFile, cluster }: Extract<Connection, { readonly via: "gateway" }>,
  signal: AbortSignal,
): Promise<OpenedClient> {
  const { client, sharesPaths } = await openGateway({ url, token, tokenFile, home: readConfig().home });
  const clusters = await client.clusters({ signal });
  const view =
    cluster === undefined
      ? (clusters.find(({ isDefault }) => isDefault) ?? clusters[0])
      : clusters.find(({ name }) => name === cluster);
  const names = clusters.map(({ name }) => name).join(", ") || "none";
  if (cluster === undefined && clusters.length > 1 && view?.isDefault !== true) {
    throw new SluiceError(
      "INPUT_INVALID",
      `cluster: the gateway at ${url} has several and no default (${names}); say which`,
      {
        details: { field: "cluster" },
      },
    );
  }
  if (view === undefined)
    throw new SluiceError(
      "CLUSTER_NOT_FOUND",
      `the gateway at ${url} has no cluster ${JSON.stringify(cluster ?? "")}; it has: ${names}`,
    );
  return {
    client,
    cluster: view.name,
    hasDependencies: takesDependencies(view),
    ...(sharesPaths && view.isRemote !== true && { startIn: process.cwd() }),
    [Symbol.asyncDispose]: async () => {},
  };
}
