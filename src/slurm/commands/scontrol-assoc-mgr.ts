import type { Command } from "../../schema/command.ts";
import { readerEnvironment } from "./environment.ts";
import { expectSuccess } from "./failure.ts";
import { present } from "./reply.ts";

/** One limit: what is allowed, and how much of it is used where slurmctld counts that; both as Slurm writes them. */
export interface ShownLimit {
  /** `GrpTRES`, `MaxJobs`, `MaxTRESPU`, … */
  readonly key: string;
  /** The TRES, for a limit that has one for each: `cpu`, `gres/gpu`. */
  readonly tres?: string;
  readonly limit: string;
  readonly used?: string;
}

/** The limits of an association or a QOS that are set. */
export interface ShownLimits {
  /** `user` is absent for an account's own; `parent` for a user's. */
  readonly association?: { readonly account: string; readonly user?: string; readonly parent?: string };
  readonly qos?: string;
  readonly limits: readonly ShownLimit[];
  /** Of a QOS: what counts for each of its accounts by name, and for each of its users by uid. */
  readonly perAccount: ReadonlyMap<string, readonly ShownLimit[]>;
  readonly perUser: ReadonlyMap<string, readonly ShownLimit[]>;
}

/**
 * Shows limits and their use as slurmctld has them in memory: `scontrol show assoc_mgr`, scontrol(1). Of an association an
 * account's own and that of one of its users; of a QOS what its users and accounts use. Nothing where there is no slurmdbd or
 * the caller may not see them. Throws `CLUSTER_UNREACHABLE`.
 */
export function showLimits(
  of: { readonly account: string; readonly user: string } | { readonly qos: string },
): Command<readonly ShownLimits[]> {
  const filters =
    "qos" in of ? ["flags=qos", `qos=${of.qos}`] : [`flags=assoc`, `accounts=${of.account}`, `users=${of.user}`];
  return {
    argv: ["scontrol", "show", "assoc_mgr", ...filters],
    env: readerEnvironment,
    parse(output) {
      expectSuccess("scontrol", output);
      return output.stdout
        .split(/\n(?=ClusterName=|QOS=)/)
        .filter((text) => /^(?:ClusterName|QOS)=/.test(text))
        .map(readRecord);
    },
  };
}

function readRecord(text: string): ShownLimits {
  const [head = "", ...lines] = text.split("\n");
  const names = new Map([...wordsOf(head), ...wordsOf(lines.find((line) => line.includes("ParentAccount=")) ?? "")]);
  const name = (key: string): string | undefined => names.get(key)?.replace(/\(\d+\)$/, "") || undefined;
  const account = name("Account");
  const limits: ShownLimit[] = [];
  const perAccount = new Map<string, ShownLimit[]>();
  const perUser = new Map<string, ShownLimit[]>();
  let section: Map<string, ShownLimit[]> | undefined;
  let into = limits;
  for (const line of lines) {
    const words = wordsOf(line);
    if (/^ {4}Account Limits/.test(line)) section = perAccount;
    else if (/^ {4}User Limits/.test(line)) section = perUser;
    else if (section !== undefined && words.length === 0 && line.trim() !== "") section.set(line.trim(), (into = []));
    for (const [key, value] of words) into.push(...limitsIn(key, value));
  }
  return present({
    association:
      account === undefined ? undefined : present({ account, user: name("UserName"), parent: name("ParentAccount") }),
    qos: name("QOS"),
    limits,
    perAccount,
    perUser,
  });
}

function wordsOf(line: string): [string, string][] {
  return line
    .trim()
    .split(/ +/)
    .filter((word) => word.includes("="))
    .map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]);
}

/** `MaxJobs=1(2)`, `MaxWallPJ=10`, `GrpTRES=cpu=2(0),mem=N(0)`; N, and nothing, are no limit. */
function limitsIn(key: string, value: string): readonly ShownLimit[] {
  if (!/^(?:Grp|Max|Min)/.test(key) || key === "MinPrioThresh") return [];
  const parts = key.includes("TRES") ? value.split(",") : [`=${value}`];
  return parts.flatMap((part) => {
    const match = /^([^=]*)=([^()]*)(?:\(([^()]*)\))?$/.exec(part);
    const [, tres = "", limit = "", used] = match ?? [];
    if (limit === "" || limit === "N") return [];
    return [present({ key, tres: tres === "" ? undefined : tres, limit, used })];
  });
}
