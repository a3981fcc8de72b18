import { userInfo } from "node:os";
import type { SettingsProblem } from "./clusters/settings-problem.ts";
import type { ReadSettings } from "./clusters/settings-reader.ts";
import type { ClusterSettings, SluiceYaml } from "./clusters/sluice-yaml.ts";
import { SluiceError } from "./errors.ts";
import type { Caller } from "./jobs/job-service.ts";
import { mapOwner, type MappedOwner } from "./jobs/map-owner.ts";
import type { RunAs } from "./jobs/run-as.ts";
import type { UnixAccounts } from "./remote/unix-accounts.ts";
import { everySubject, ownerPlaceholder, type Owner, type Owners } from "./schema/owners.ts";

/** Users of the system itself have lower ones (login.defs(5), UID_MIN); a rule for many makes nobody one of them. */
const leastUid = 1000;

/** Who runs this process. */
export interface Self {
  readonly name: string;
  readonly isRoot: boolean;
}

export function readSelf(): Self {
  return { name: userInfo().username, isRoot: process.geteuid?.() === 0 };
}

export interface OwnershipDeps {
  readonly self: Self;
  readonly accounts: UnixAccounts;
}

/**
 * As whom the caller's jobs run on a cluster. Where nothing is said of owners, all jobs run as the user of this process. Throws
 * `FORBIDDEN`, saying what to write where.
 */
export async function runAs(
  deps: OwnershipDeps,
  settings: ReadSettings,
  { name: cluster, entry, caller }: { readonly name: string; readonly entry: ClusterSettings; readonly caller: Caller },
): Promise<RunAs> {
  const layers = layersOf(settings.file, entry);
  if (layers.length === 0) return {};
  checkGuard(settings);
  const owner = mapOwner(caller.subject, layers);
  const subject = JSON.stringify(caller.subject.slice(0, 60));
  if (owner === undefined) {
    // Whoever runs this process can run jobs as that user anyway; as root nothing runs that nobody has asked for by name.
    if (caller.isLocal === true && !deps.self.isRoot) return {};
    const remedy = `add ${subject}: {user: NAME} under owners in ${settings.path}`;
    throw new SluiceError("FORBIDDEN", `${subject} is mapped to no Unix user on cluster "${cluster}"; ${remedy}`, {
      details: { field: "owner", cluster },
    });
  }
  const { isRule: _isRule, ...found } = owner;
  const problem = await problemOf(deps, entry, owner, caller);
  if (problem !== undefined) {
    throw new SluiceError("FORBIDDEN", `jobs of ${subject} cannot run on cluster "${cluster}": ${problem}`, {
      details: { field: "owner", cluster },
    });
  }
  return found;
}

/**
 * What this process cannot do of what the settings of owners ask for. A gateway asks when it starts, so that nobody finds
 * out by a job.
 */
export function ownerFaults(self: Self, file: SluiceYaml): readonly SettingsProblem[] {
  return Object.entries(file.clusters).flatMap(([name, entry]) => {
    // On clusters of other kinds all jobs run as this user: whoever is mapped to another is told so by each job.
    if (entry.kind !== "slurm") return [];
    const own = ownersOf(entry) ?? {};
    const common = Object.entries(file.owners ?? {}).filter(([subject]) => !Object.hasOwn(own, subject));
    const faultsOf = (path: readonly string[], owners: readonly (readonly [string, Owner])[]) =>
      owners.flatMap(([subject, { user }]) => {
        const same = subject === everySubject ? "other users" : subject;
        const fault = staticProblem(self, entry, user === "same" ? same : user);
        if (fault === undefined) return [];
        const remedy = "Map the owner otherwise, or let the gateway run, or reach the cluster, as the message says.";
        return [{ path: [...path, subject], isKey: false, problem: `on cluster "${name}": ${fault}`, remedy }];
      });
    return [...faultsOf(["clusters", name, "owners"], Object.entries(own)), ...faultsOf(["owners"], common)];
  });
}

/** Whether the settings say anything of owners; all jobs run as the user of this process where they do not. */
export function mapsOwners({ owners, clusters }: SluiceYaml): boolean {
  return owners !== undefined || Object.values(clusters).some((entry) => ownersOf(entry) !== undefined);
}

/** Throws `CONFIG_INVALID` for settings of owners that somebody else may have written. */
export function checkGuard({ path, isOpenToOthers }: ReadSettings): void {
  if (!isOpenToOthers) return;
  throw new SluiceError(
    "CONFIG_INVALID",
    `${path} says as whom jobs run, and others may write to it; it has to belong to root or to the user of this process, and take no writes of others: chmod go-w`,
    { details: { file: path } },
  );
}

async function problemOf(
  { self, accounts }: OwnershipDeps,
  entry: ClusterSettings,
  { user, isRule }: MappedOwner,
  caller: Caller,
): Promise<string | undefined> {
  const problem = staticProblem(self, entry, user);
  if (problem !== undefined || user === undefined || isReachedAsOwners(entry)) return problem;
  if (user === self.name) {
    if (!isRule || caller.isLocal === true) return undefined;
    return `${user} is the user of this process, and takes an entry of its own under owners`;
  }
  const account = await accounts.find(user);
  if (account === undefined) return `there is no Unix user ${user} on this host`;
  if (account.uid === 0 && user !== "root") return `${user} has the uid of root; map to root by that name`;
  if (isRule && account.uid < leastUid) {
    return `${user} is a user of the system, with uid ${account.uid}, and takes an entry of its own under owners`;
  }
  return undefined;
}

/** What can be said without asking who there is; `user` is absent where it is that of this process, or is not known yet. */
function staticProblem(self: Self, entry: ClusterSettings, user: string | undefined): string | undefined {
  if (isReachedAsOwners(entry)) return undefined;
  if ("ssh" in entry && entry.ssh !== undefined) {
    if (user === undefined) return undefined;
    return `it is reached as one user over ssh; give ssh.user: "${ownerPlaceholder}" to log in as ${user}`;
  }
  if (user === undefined) {
    if (!self.isRoot) return undefined;
    return "this process is root, as whom jobs run only for owners who are mapped to root by name; give a user";
  }
  if (user === self.name) return undefined;
  if (entry.kind !== "slurm") {
    return `on a cluster of kind ${entry.kind} all jobs run as ${self.name}, and none as ${user}`;
  }
  if (self.isRoot) return undefined;
  return `only root can run jobs as ${user}, and this process is ${self.name}; run the gateway as root, or one for each user`;
}

function isReachedAsOwners(entry: ClusterSettings): boolean {
  return entry.kind === "slurm" && entry.ssh?.user === ownerPlaceholder;
}

function layersOf(file: SluiceYaml, entry: ClusterSettings): readonly Owners[] {
  return [ownersOf(entry), file.owners].filter((owners) => owners !== undefined);
}

function ownersOf(entry: ClusterSettings): Owners | undefined {
  return "owners" in entry ? entry.owners : undefined;
}
