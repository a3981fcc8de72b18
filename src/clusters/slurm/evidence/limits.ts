import type { Finding } from "../../../jobs/cluster.ts";
import { showLimits, type ShownLimit, type ShownLimits } from "../../../slurm/commands/scontrol-assoc-mgr.ts";
import type { ShownJob } from "../../../slurm/commands/scontrol-show-job.ts";
import { parseLimitReason, type LimitReason } from "../../../slurm/values/limit-reason.ts";
import { ask, type Asking } from "./ask.ts";

/** Accounts above one another that are looked at. */
const deepestAccount = 10;

/**
 * The limit that a reason stands for, whose it is, and how much of it is used. A limit of an account bounds all accounts below
 * it, so the accounts above the job's own are asked after too.
 */
export async function findLimits(asking: Asking, reason: string, job: ShownJob): Promise<readonly Finding[]> {
  const limit = parseLimitReason(reason);
  const [, user = "", uid = ""] = /^(.*)\((\d+)\)$/.exec(job.user) ?? [];
  if (limit === undefined || user === "") return [];
  if (limit.of === "qos") {
    const { qos } = job;
    return qos === undefined ? [] : ofQos(await ask(asking, showLimits({ qos })), limit, { qos, user, uid, job });
  }
  const found: Finding[] = [];
  for (let account = job.account, depth = 0; account !== undefined && depth < deepestAccount; depth += 1) {
    const shown: readonly ShownLimits[] = await ask(asking, showLimits({ account, user }));
    for (const { association, limits } of shown) {
      if (association === undefined || association.account !== account) continue;
      if (association.user !== undefined && (association.user !== user || depth > 0)) continue;
      const whose = association.user === undefined ? `account ${account}` : `user ${user} in account ${account}`;
      found.push(...matching(limits, limit).map((one) => toFinding(one, whose, job)));
    }
    account = shown.find(({ association }) => association?.parent !== undefined)?.association?.parent;
  }
  return found;
}

function ofQos(
  shown: readonly ShownLimits[],
  limit: LimitReason,
  {
    qos,
    user,
    uid,
    job,
  }: { readonly qos: string; readonly user: string; readonly uid: string; readonly job: ShownJob },
): readonly Finding[] {
  return shown.flatMap(({ limits, perUser, perAccount }) => [
    ...matching(limits, limit).map((one) => toFinding(one, `QOS ${qos}`, job)),
    ...matching(perUser.get(uid) ?? [], limit).map((one) => toFinding(one, `user ${user} in QOS ${qos}`, job)),
    ...matching(perAccount.get(job.account ?? "") ?? [], limit).map((one) =>
      toFinding(one, `account ${job.account} in QOS ${qos}`, job),
    ),
  ]);
}

function matching(limits: readonly ShownLimit[], { key, tres }: LimitReason): readonly ShownLimit[] {
  return limits.filter(
    (one) =>
      one.key === key &&
      (tres === undefined || one.tres === tres || (tres.endsWith("/") && one.tres?.startsWith(tres))),
  );
}

function toFinding({ key, tres, limit, used }: ShownLimit, whose: string, { requestedTres = "" }: ShownJob): Finding {
  const name = tres === undefined ? key : `${key}=${tres}`;
  const asked = tres === undefined ? undefined : new RegExp(`(?:^|,)${tres}=([^,]+)`).exec(requestedTres)?.[1];
  const use = used === undefined ? "" : `, of which ${Number.parseFloat(used)} ${tres ?? ""} in use`.replace("  ", " ");
  return {
    what: `the limit ${name} of ${whose} is ${limit}${use}${asked === undefined ? "" : `; it asks for ${asked}`}`,
    evidence: `${name}=${limit}${used === undefined ? "" : `(${used})`}`,
  };
}
