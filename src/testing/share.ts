import { identify } from "../launcher/drivers/native/processes.ts";
import { SluiceError } from "../errors.ts";
import type { ProcessRecord } from "../schema/cluster-record.ts";

/** Throws `INPUT_INVALID` for a text that `startShare` has not made. */
export function readShare(text: string): ProcessRecord {
  const [, pid, startTime] = /^([1-9]\d*)\.(\d+)$/.exec(text) ?? [];
  if (pid !== undefined) return { pid: Number(pid), startTime: Number(startTime) };
  throw new SluiceError("INPUT_INVALID", `share: "${text}" is not what names a test run`, {
    details: { field: "share" },
  });
}

/** Names this process as the one for whose time clusters are shared. */
export function startShare(): string {
  const self = identify(process.pid);
  if (self === undefined) throw new SluiceError("COMMAND_FAILED", `/proc does not show this process (${process.pid})`);
  return `${self.pid}.${self.startTime}`;
}

/** Lets go of the clusters that were shared for the time of this process. */
export async function endShare(home?: string): Promise<void> {
  const { assembleLauncher } = await import("../assemble-launcher.ts");
  const { readConfig } = await import("../config.ts");
  const { leaveAll } = await import("../launcher/shared.ts");
  const config = readConfig();
  const deps = assembleLauncher({ ...config, home: home ?? config.home });
  const how = { signal: new AbortController().signal, timeoutMs: 60_000, progress: () => {} };
  await leaveAll(deps, readShare(startShare()), how);
}
