import { existsSync } from "node:fs";
import { assembleClusters } from "../../assemble.ts";
import { readSelf } from "../../assemble-owners.ts";
import type { ClusterSettings, SluiceYaml } from "../../clusters/sluice-yaml.ts";
import type { SluiceErrorCode } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import { systemClock } from "../../jobs/clock.ts";
import { UnixAccounts } from "../../remote/unix-accounts.ts";
import type { Context } from "../command.ts";

/** How a cluster answered. */
export interface Connection {
  readonly name: string;
  readonly kind: string;
  readonly status: "up" | "unreachable";
  /** What it has; or the hop that failed, in words. */
  readonly message: string;
  readonly code?: SluiceErrorCode;
  readonly seconds: number;
}

/** Connects to all clusters at once and asks each for its nodes, which takes every hop there is. */
export async function connectAll(
  context: Pick<Context, "config" | "signal">,
  settings: SluiceYaml,
  deadlineMs: number,
): Promise<readonly Connection[]> {
  const { signal } = context;
  const config = await context.config();
  const ownership = { self: readSelf(), accounts: new UnixAccounts({ clock: systemClock, env: config.environment }) };
  return Promise.all(
    Object.entries(settings.clusters).map(async ([name, entry]): Promise<Connection> => {
      const { kind } = entry;
      const began = systemClock.now();
      const seconds = (): number => Math.round(systemClock.now() - began) / 1_000;
      try {
        checkHere(entry);
        const { nodes, partitions } = await within(deadlineMs, signal, async (until) => {
          await using sources = assembleClusters({ config, signal: until, ownership });
          return await (await sources.opened(name, entry)).inventory(until);
        });
        const message = `${count(nodes.length, "node")}, ${count(partitions.length, "partition")}`;
        return { name, kind, status: "up", message, seconds: seconds() };
      } catch (error) {
        if (signal.aborted || !(error instanceof SluiceError)) throw error;
        return { name, kind, status: "unreachable", message: error.message, code: error.code, seconds: seconds() };
      }
    }),
  );
}

/** Slurm's programs look for a minute for a configuration that is not there. */
function checkHere(entry: ClusterSettings): void {
  if (!("slurm_conf" in entry) || entry.slurm_conf === undefined || entry.ssh !== undefined) return;
  if (existsSync(entry.slurm_conf)) return;
  throw new SluiceError("CONFIG_INVALID", `slurm_conf: there is no file ${entry.slurm_conf} on this host`);
}

/** Ends the wait, though what is waited for may not heed its signal. */
async function within<T>(
  deadlineMs: number,
  signal: AbortSignal,
  work: (until: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const working = work(until);
  working.catch(() => {});
  const timer = systemClock.sleep(deadlineMs, until).then(() => {
    const message = signal.aborted ? "asked to stop" : `no answer within ${deadlineMs / 1_000} s`;
    throw new SluiceError(signal.aborted ? "CANCELLED" : "DEADLINE_EXCEEDED", message);
  });
  timer.catch(() => {});
  try {
    return await Promise.race([working, timer]);
  } finally {
    stop.abort();
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
