import type { Backend } from "./backend.ts";
import { ClientBackend, type OpenedClient } from "./client-backend.ts";
import type { Connection } from "./connection.ts";

/** An engine of which nothing is asked for so long is closed, so that the process can end. To log in again takes longer. */
const idleMs = { here: 1_000, overSsh: 10_000 };

/** The backend of a connection; nothing is opened yet. */
export function backendFor(connection: Connection): Backend {
  return new ClientBackend({
    description: describe(connection),
    // A gateway's client holds nothing open by itself; a cluster that was made is not to be destroyed for being idle.
    ...(connection.via !== "gateway" && connection.via !== "new-test-cluster" && { idleMs: idleOf(connection) }),
    open: (signal) => open(connection, signal),
  });
}

function idleOf(connection: Connection): number {
  return connection.via === "settings" && "ssh" in connection.settings ? idleMs.overSsh : idleMs.here;
}

function describe(connection: Connection): string {
  if (connection.via === "gateway") return `the gateway at ${connection.url}`;
  if (connection.via === "new-test-cluster") return "a test cluster of its own";
  if (connection.name === undefined) return "the default cluster";
  return `${connection.via === "test-cluster" ? "test " : ""}cluster "${connection.name}"`;
}

async function open(connection: Connection, signal: AbortSignal): Promise<OpenedClient> {
  if (connection.via === "gateway") return (await import("./open-gateway.ts")).openGatewayClient(connection, signal);
  const { openEngineFor, openTestCluster } = await import("./open-engine.ts");
  return connection.via === "new-test-cluster"
    ? openTestCluster(connection.settings, signal)
    : openEngineFor(connection, signal);
}
