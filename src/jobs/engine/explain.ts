import { finalStates } from "../../schema/job.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import { parseDependency } from "../../slurm/values/dependency.ts";
import type { QueueEntry } from "../cluster.ts";
import { exitCodeOf } from "../exit-code.ts";
import type { Explanation } from "../job-service.ts";
import { reasonInWords, remedyFor } from "../reason-words.ts";

/** What is at hand to explain a job with. */
export interface Evidence {
  readonly job: StoredJob;
  /** How many jobs wait to be submitted to its cluster before it, for one that waits so itself. */
  readonly ahead: number;
  /** Jobs of Sluice's that it waits for and that its cluster does not have yet. */
  readonly waitsFor: readonly StoredJob[];
  /** Why the cluster cannot be reached, where that is so. */
  readonly problem?: string;
  /** Its rows in the queue, as of the last look. */
  readonly rows: readonly QueueEntry[];
  /** Sluice's jobs by the native ids that its dependency names. */
  readonly dependsOn: ReadonlyMap<string, StoredJob>;
}

type Finding = Explanation["findings"][number];

/** Why a job is where it is, from what is known already: nobody is asked. */
export function explainJob(evidence: Evidence): Explanation {
  const { job, rows } = evidence;
  const findings: Finding[] = [];
  if (job.freshness === "stale") {
    findings.push({
      what: "the cluster has not answered lately, so this is how the job stood when it did",
      evidence: evidence.problem ?? `last news ${job.updatedAt}`,
    });
  }
  if (job.freshness === "hidden") {
    findings.push({
      what: "the cluster does not show this job to the user that Sluice runs as",
      evidence: "PrivateData",
      remedy: "ask the site to make that user a coordinator or operator, or to take jobs out of PrivateData",
    });
  }
  if (job.cancelRequested && !finalStates.has(job.state)) {
    findings.push({ what: "its end has been asked for", evidence: "cancel-requested" });
  }
  const expectedStart = rows
    .map((row) => row.expectedStart)
    .filter((at) => at !== undefined)
    .sort()[0];
  const summary = summaryOf(evidence, findings);
  return { summary, findings, ...(expectedStart !== undefined && { expectedStart }) };
}

function summaryOf(evidence: Evidence, findings: Finding[]): string {
  const { job } = evidence;
  if (job.state === "accepted") return notSubmitted(evidence, findings);
  if (job.state === "pending" || job.state === "held") return waiting(evidence, findings);
  if (job.state === "submitting") {
    if (evidence.problem !== undefined) {
      findings.push({
        what: "whether its cluster has it will be looked for when that answers",
        evidence: evidence.problem,
      });
    }
    return "it is on its way to its cluster";
  }
  if (job.state === "rejected") {
    findings.push({
      what: "its cluster, or Sluice before it, refused it",
      evidence: job.error?.message ?? "no reason given",
    });
    return "it was refused and never ran";
  }
  if (job.reason !== undefined && job.reason !== "Receipt") {
    findings.push({ what: reasonInWords(job.reason), evidence: job.reason });
  }
  return finalStates.has(job.state) ? ended(job, findings) : `it is ${job.state}${where(job)}`;
}

function notSubmitted({ ahead, problem, waitsFor }: Evidence, findings: Finding[]): string {
  if (problem !== undefined) {
    findings.push({
      what: "jobs cannot be submitted to its cluster now; it stays accepted until they can",
      evidence: problem,
      remedy: "nothing has to be done again once the cluster answers",
    });
  }
  for (const other of waitsFor) {
    findings.push({ what: `waits for job ${other.id}, which its cluster does not have yet`, evidence: other.state });
  }
  if (ahead > 0) findings.push({ what: "jobs that were accepted before it go first", evidence: `${ahead} ahead` });
  return "it is accepted and waits to be submitted";
}

function waiting({ job, rows, dependsOn }: Evidence, findings: Finding[]): string {
  const reasons = new Set(rows.flatMap(({ reason }) => reason ?? []));
  if (reasons.size === 0 && job.reason !== undefined) reasons.add(job.reason);
  for (const reason of reasons) {
    const remedy = remedyFor(reason);
    findings.push({ what: reasonInWords(reason), evidence: reason, ...(remedy !== undefined && { remedy }) });
  }
  for (const dependency of new Set(rows.flatMap((row) => row.dependency ?? []))) {
    findings.push(...dependencyFindings(dependency, dependsOn));
  }
  const limits = rows.find(({ reason }) => reason !== undefined && /^(?:Assoc|QOS|Max)/.test(reason));
  if (limits !== undefined) {
    const whose = [
      limits.account === undefined ? "" : `account ${limits.account}`,
      limits.qos === undefined ? "" : `QOS ${limits.qos}`,
      `user ${limits.user}`,
    ].filter((word) => word !== "");
    findings.push({ what: "the limit is one of these", evidence: whose.join(", ") });
  }
  const [first] = reasons;
  const why = first === undefined ? "" : `: ${reasonInWords(first)}`;
  return job.state === "held" ? `it is held${why}` : `it waits in the queue${why}`;
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

function ended(job: StoredJob, findings: Finding[]): string {
  if (job.nativeId !== undefined && job.exit !== undefined) {
    const { exit, state } = job;
    const code = exitCodeOf({ nativeId: job.nativeId, state, rawState: "", exit });
    findings.push({
      what: exit.signal > 0 ? `signal ${exit.signal} ended its script` : `its script ended with status ${exit.status}`,
      evidence: `exit code ${code}`,
    });
  }
  if (job.restarts > 0)
    findings.push({ what: "it was put back into the queue before", evidence: `${job.restarts} times` });
  return `it has ended: ${job.state.replaceAll("_", " ")}${where(job)}`;
}

function where({ nodes }: StoredJob): string {
  return nodes === undefined ? "" : ` on ${nodes}`;
}
