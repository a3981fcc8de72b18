import { everySubject, UnixUser, type Owner, type Owners } from "../schema/owners.ts";
import type { RunAs } from "./run-as.ts";

/** As whom a subject's jobs run, and whether a rule for many said so. */
export interface MappedOwner extends RunAs {
  readonly isRule: boolean;
}

/**
 * Looks a subject up, in the settings of a cluster before those of all. An entry of its own counts before any rule; a rule
 * for those whose Unix user has the same name never makes anybody root. `undefined` for a subject that is not mapped.
 */
export function mapOwner(subject: string, layers: readonly Owners[]): MappedOwner | undefined {
  for (const owners of layers) {
    const own = subject === everySubject || !Object.hasOwn(owners, subject) ? undefined : owners[subject];
    if (own !== undefined) return mapped(subject, own, false);
  }
  for (const owners of layers) {
    const rule = Object.hasOwn(owners, everySubject) ? owners[everySubject] : undefined;
    if (rule?.matching === undefined || !new RegExp(`^(?:${rule.matching})$`, "v").test(subject)) continue;
    return mapped(subject, rule, true);
  }
  return undefined;
}

function mapped(subject: string, { user, account, accounts }: Owner, isRule: boolean): MappedOwner | undefined {
  if (user === "same" && (subject === "root" || !UnixUser.safeParse(subject).success)) return undefined;
  const [first, ...others] = new Set([...(account === undefined ? [] : [account]), ...(accounts ?? [])]);
  return {
    isRule,
    ...(user !== undefined && { user: user === "same" ? subject : user }),
    ...(first !== undefined && { accounts: [first, ...others] }),
  };
}
