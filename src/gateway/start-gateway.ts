import type { Clock } from "../jobs/clock.ts";
import type { Caller, JobService } from "../jobs/job-service.ts";
import type { JobStore } from "../jobs/store.ts";
import { createGateway } from "./app.ts";
import type { JwtVerifier } from "./auth/jwt.ts";
import type { GatewayDeps } from "./call.ts";
import { doorLimits, listen, type Address, type OpenDoor } from "./listen.ts";
import { Metrics } from "./metrics.ts";
import { listenShared, type SharedSocket } from "./shared-socket.ts";
import type { TopologyDoorDeps } from "./topology/topology-door.ts";

/** How long a silent stream is left without a sign: well below the idle time-outs of proxies, which begin at 30 s. */
const heartbeatMs = 15_000;
/** How long requests under way may take to end once the gateway closes. */
const graceMs = 5_000;

export interface GatewaySettings {
  readonly service: JobService;
  readonly tokens: Pick<JobStore, "findToken">;
  readonly clock: Clock;
  readonly localCaller: Caller;
  readonly localTokenHash?: string;
  readonly jwt?: JwtVerifier;
  readonly log: GatewayDeps["log"];
  readonly rateLimit: GatewayDeps["rateLimit"];
  readonly version: string;
  readonly topology?: TopologyDoorDeps;
}

/** A gateway that listens; disposing it closes its doors, its streams first. */
export interface RunningGateway extends AsyncDisposable {
  /** Of each door, in the order of the addresses. */
  readonly urls: readonly string[];
}

/** Opens a gateway at these addresses, all or none. Throws as `listen` does. */
export async function startGateway(
  settings: GatewaySettings,
  addresses: readonly (Address | SharedSocket)[],
): Promise<RunningGateway> {
  const closing = new AbortController();
  const app = createGateway({ ...settings, heartbeatMs, metrics: new Metrics(), closing: closing.signal });
  const doors: OpenDoor[] = [];
  const closeAll = async (): Promise<void> => {
    closing.abort();
    await Promise.all(doors.map((door) => door.close(graceMs)));
  };
  try {
    for (const address of addresses) {
      doors.push(await ("sharedSocket" in address ? listenShared(app, address, doorLimits) : listen(app, address)));
    }
  } catch (error) {
    await closeAll();
    throw error;
  }
  return { urls: doors.map(({ url }) => url), [Symbol.asyncDispose]: closeAll };
}
