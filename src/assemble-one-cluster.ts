import { assembleClusters } from "./assemble.ts";
import type { AssembledDirectory } from "./assemble-engine.ts";
import { readSelf } from "./assemble-owners.ts";
import { capabilitiesOf } from "./clusters/registry.ts";
import { ClusterSettings } from "./clusters/sluice-yaml.ts";
import type { Config } from "./config.ts";
import { SluiceError } from "./errors.ts";
import { systemClock } from "./jobs/clock.ts";
import type { ListedCluster } from "./jobs/cluster-directory.ts";
import { UnixAccounts } from "./remote/unix-accounts.ts";

/** A cluster whose settings stand in no file that Sluice reads by itself. */
export interface OneCluster {
  readonly name: string;
  /** As under `clusters` in `sluice.yaml`. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A directory of that one cluster. Throws `CONFIG_INVALID` that names the field. */
export function assembleOneCluster(
  config: Config,
  { name, settings: given }: OneCluster,
  signal: AbortSignal,
): AssembledDirectory {
  const settings = readSettings(name, given);
  const ownership = { self: readSelf(), accounts: new UnixAccounts({ clock: systemClock, env: config.environment }) };
  const sources = assembleClusters({ config, signal, ownership });
  const listed: ListedCluster = {
    name,
    kind: settings.kind,
    capabilities: capabilitiesOf(settings.kind),
    identity: JSON.stringify(settings),
    ...("ssh" in settings && settings.ssh !== undefined && { isRemote: true }),
    ...(settings.kind === "process" && { budget: { burst: Infinity, perSecond: Infinity } }),
  };
  return {
    list: async () => [listed],
    defaultName: async () => name,
    defaultCluster: async () => ({ name, because: "it is the only one" }),
    async open(asked, user) {
      if (asked !== name)
        throw new SluiceError("CLUSTER_NOT_FOUND", `no cluster "${asked}" is known here; there is "${name}"`);
      if (user !== undefined && user !== ownership.self.name)
        throw new SluiceError(
          "FORBIDDEN",
          `cluster "${name}" runs all jobs as ${ownership.self.name}, and none as ${user}`,
        );
      return sources.opened(name, settings);
    },
    [Symbol.asyncDispose]: () => sources[Symbol.asyncDispose](),
  };
}

function readSettings(name: string, given: Readonly<Record<string, unknown>>): ClusterSettings {
  const parsed = ClusterSettings.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") ?? "";
  throw new SluiceError("CONFIG_INVALID", `cluster "${name}": ${field === "" ? "" : `${field}: `}${issue?.message}`, {
    cause: parsed.error,
    details: { field },
  });
}
