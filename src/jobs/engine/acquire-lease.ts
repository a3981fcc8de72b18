import type { JobStore, Lease } from "../store.ts";

export interface LeaseDeps {
  readonly store: JobStore;
  /** Names this process among those that share the store. */
  readonly holder: string;
  /** How long a lease lasts that nobody renews. */
  readonly leaseMs: number;
  /** Whether the process of that name is known to be dead, so that nobody needs to wait for its leases to run out. */
  readonly isDead: (holder: string) => boolean;
}

/** The lease of a cluster; `undefined` while another process has it that may be alive. Throws what the store throws. */
export async function acquireLease(
  { store, holder, leaseMs, isDead }: LeaseDeps,
  cluster: string,
): Promise<Lease | undefined> {
  const held = (await store.leases()).find((lease) => lease.cluster === cluster);
  if (held !== undefined && held.holder !== holder && !isDead(held.holder)) return undefined;
  return store.acquireLease(cluster, holder, leaseMs, { heirOf: held });
}
