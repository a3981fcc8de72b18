import { clusterKinds } from "./clusters/registry.ts";
import type { ClusterSettings } from "./clusters/sluice-yaml.ts";
import { startingIn } from "./clusters/starting-in.ts";
import { prepareUserFolder } from "./clusters/user-folder.ts";
import { SluiceError } from "./errors.ts";
import type { Cluster } from "./jobs/cluster.ts";
import type { SshChannels } from "./remote/ssh/channels.ts";
import { createSshRunner } from "./remote/ssh/ssh-runner.ts";
import type { Destination } from "./remote/ssh/start.ts";
import type { UnixAccounts } from "./remote/unix-accounts.ts";
import { ownerPlaceholder } from "./schema/owners.ts";
import type { Self } from "./assemble-owners.ts";

/** For a login, or the look at a folder that lies on a slow file system. */
const openDeadlineMs = 60_000;

export type SlurmSettings = ClusterSettings & { readonly kind: "slurm" };

export interface AsUserDeps {
  readonly self: Self;
  readonly accounts: UnixAccounts;
  readonly channels: SshChannels;
  readonly signal: AbortSignal;
}

/**
 * Opens a Slurm cluster as another Unix user than the one that reaches it otherwise: over ssh by a login of that user's own,
 * on this host by root's right to be anybody. Commands run, and files are read and written, as that user alone.
 *
 * Throws `FORBIDDEN` where this process cannot be that user (any more), `CONFIG_INVALID` for a folder that others could put
 * scripts into, `CLUSTER_UNREACHABLE`.
 */
export async function openAsUser(
  { self, accounts, channels, signal }: AsUserDeps,
  { name, user, settings }: { readonly name: string; readonly user: string; readonly settings: SlurmSettings },
): Promise<Cluster> {
  const forbid = (problem: string): SluiceError =>
    new SluiceError("FORBIDDEN", `jobs of ${user} cannot be handled on cluster "${name}": ${problem}`, {
      details: { cluster: name, user },
    });
  const destination = async (): Promise<Destination> => {
    const { ssh } = settings;
    if (ssh !== undefined) {
      if (ssh.user === ownerPlaceholder) return { ...ssh, user };
      throw forbid(`it is reached as one user over ssh; give ssh.user: "${ownerPlaceholder}"`);
    }
    if (!self.isRoot) throw forbid(`only root can be ${user}, and this process is ${self.name}`);
    const as = await accounts.find(user);
    if (as === undefined) throw forbid(`there is no Unix user ${user} on this host`);
    return { host: `this machine as ${user}`, as };
  };
  const channel = channels.to(await destination());
  const what = `login to ${channel.destination.host}`;
  const { home, environment } = await channel.greeting({ what, deadlineMs: openDeadlineMs, signal });
  const extra: Readonly<Record<string, string>> =
    settings.slurm_conf === undefined ? {} : { SLURM_CONF: settings.slurm_conf };
  const runner = createSshRunner({ channel, env: extra });
  const login = { user, home };
  const base = inNameOf(login, settings.folder ?? "~/.sluice");
  await runner.run(prepareUserFolder(user, base), { signal, deadlineMs: openDeadlineMs });
  const cluster = clusterKinds.get("slurm").open({ name, base, environment: { ...environment, ...extra }, runner });
  const place = settings.work_directory ?? (settings.ssh === undefined ? undefined : home);
  return place === undefined ? cluster : startingIn(cluster, inNameOf(login, place));
}

/** A path of the settings, for one user, in whose home `~/` is. */
export function inNameOf({ user, home }: { readonly user: string; readonly home: string }, path: string): string {
  return path.replace(/^~(?=\/)/, () => home).replaceAll(ownerPlaceholder, () => user);
}
