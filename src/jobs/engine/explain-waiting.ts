import type { StoredJob } from "../../schema/stored-job.ts";
import { parseDependency } from "../../slurm/values/dependency.ts";
import type { Finding, QueueEntry } from "../cluster.ts";
import { reasonInWords, remedyFor } from "../reason-words.ts";
import type { Evidence } from "./explain.ts";

/** Why a job waits: the scheduler's reasons in words, then what is known to be behind them. */
export function explainWaiting({ job, queue, rows, dependsOn, told }: Evidence): readonly Finding[] {
  const reasons = reasonsOf(job, rows);
  const findings = reasons.map((reason): Finding => {
    const remedy = remedyFor(reason);
    return { what: reasonInWords(reason), evidence: reason, ...(remedy !== undefined && { remedy }) };
  });
  findings.push(...told);
  const dependencies = new Set(rows.flatMap((row) => row.dependency ?? []));
  for (const dependency of dependencies) findings.push(...dependencyFindings(dependency, dependsOn));
  if (reasons.includes("Priority")) findings.push(...aheadOf(rows, queue));
  const limits = rows.find(({ reason = "" }) => /^(?:Assoc|QOS|Max)/.test(reason));
  if (limits !== undefined && told.length === 0) findings.push(possibleOwners(limits));
  if (job.restarts > 0) {
    findings.push({ what: "it has been put back into the queue", evidence: `${job.restarts} times` });
  }
  return findings;
}

/** Whether the job, or a task of it, waits in the queue. */
export function isWaiting(rows: readonly QueueEntry[]): boolean {
  return rows.some(({ state }) => state === "pending" || state === "held");
}

/** Those of its rows in the queue; else the last that was known. */
export function reasonsOf(job: StoredJob, rows: readonly QueueEntry[]): readonly string[] {
  const waiting = rows.filter(({ state }) => state === "pending" || state === "held");
  const shown = new Set(waiting.flatMap(({ reason }) => (reason === undefined ? [] : each(reason))));
  return shown.size === 0 && job.reason !== undefined ? each(job.reason) : [...shown];
}

/** squeue joins the reasons of tasks that wait in one row: `JobArrayTaskLimit,JobHeldAdmin`. What is no code is one reason's detail. */
function each(reason: string): readonly string[] {
  return /^\w+(?:,\w+)+$/.test(reason) ? reason.split(",") : [reason];
}

/** How many jobs that wait for the same partitions have a higher priority. */
function aheadOf(rows: readonly QueueEntry[], queue: readonly QueueEntry[]): readonly Finding[] {
  const [own] = rows;
  const { priority, partition } = own ?? {};
  if (priority === undefined || partition === undefined) return [];
  const partitions = partition.split(",");
  const ahead = queue.filter(
    (row) =>
      row.state === "pending" &&
      (row.priority ?? 0) > priority &&
      (row.partition ?? "").split(",").some((name) => partitions.includes(name)),
  );
  const jobs = new Set(ahead.map((row) => row.jobNativeId)).size;
  const verb = jobs === 1 ? "job that waits has" : "jobs that wait have";
  return [{ what: `${jobs} ${verb} a higher priority in partition ${partition}`, evidence: `priority ${priority}` }];
}

/** Whose limits they may be, where the cluster does not say which one it is. */
function possibleOwners({ account, qos, user }: QueueEntry): Finding {
  const whose = [
    ...(account === undefined ? [] : [`account ${account}`]),
    ...(qos === undefined ? [] : [`QOS ${qos}`]),
    `user ${user}`,
  ];
  return { what: "the limit is one of these", evidence: whose.join(", ") };
}

function dependencyFindings(text: string, dependsOn: ReadonlyMap<string, StoredJob>): readonly Finding[] {
  try {
    return parseDependency(text).terms.map(({ kind, job, task, status }) => {
      if (job === undefined) return { what: "waits for every other job of its name to end", evidence: kind };
      const other = dependsOn.get(String(job));
      const name = `${job}${task === undefined ? "" : `_${task}`}`;
      const fate = other === undefined ? "" : `, which is ${other.state}`;
      const which = other === undefined ? `job ${name}` : `job ${other.id} (${name})`;
      return { what: `depends on ${which}${fate}`, evidence: `${kind}${status === undefined ? "" : ` ${status}`}` };
    });
  } catch {
    // A notation of a newer Slurm: its own words are evidence enough.
    return [{ what: "depends on other jobs", evidence: text }];
  }
}
