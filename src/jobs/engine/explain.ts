import { finalStates } from "../../schema/job.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import type { Finding, QueueEntry } from "../cluster.ts";
import { endInWords, remedyForEnd } from "../end-words.ts";
import { exitCodeOf } from "../exit-code.ts";
import type { Explanation } from "../job-service.ts";
import { explainWaiting, isWaiting } from "./explain-waiting.ts";

/** What is at hand to explain a job with. */
export interface Evidence {
  readonly job: StoredJob;
  /** How many jobs wait to be submitted to its cluster before it, for one that waits so itself. */
  readonly ahead: number;
  /** Jobs of Sluice's that it waits for and that its cluster does not have yet. */
  readonly waitsFor: readonly StoredJob[];
  /** Why the cluster cannot be reached, where that is so. */
  readonly problem?: string;
  /** The whole queue as of the last look, and its rows in it. */
  readonly queue: readonly QueueEntry[];
  readonly rows: readonly QueueEntry[];
  /** What its cluster had to add. */
  readonly told: readonly Finding[];
  /** Sluice's jobs by the native ids that its dependency names. */
  readonly dependsOn: ReadonlyMap<string, StoredJob>;
}

/** Why a job is where it is, in words. The summary says where it is, the findings why; none says what another has said. */
export function explainJob(evidence: Evidence): Explanation {
  const { job, rows } = evidence;
  const findings: Finding[] = [];
  if (job.freshness === "stale") findings.push(staleness(evidence));
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

function staleness({ job, problem }: Evidence): Finding {
  if (problem !== undefined) {
    return {
      what: "the cluster has not answered lately, so this is how the job stood when it did",
      evidence: problem,
    };
  }
  return {
    what: "its cluster answers and knows nothing of it any more, and the job has left no receipt: how it ended, or whether it has, is unknown",
    evidence: `last news ${job.updatedAt}`,
    remedy: "ask the site what became of it; cancelling it has it counted as cancelled",
  };
}

function summaryOf(evidence: Evidence, findings: Finding[]): string {
  const { job } = evidence;
  if (job.state === "accepted") return notSubmitted(evidence, findings);
  if (job.state === "pending" || job.state === "held") {
    findings.push(...explainWaiting(evidence));
    return job.state === "held" ? "it is held" : "it waits in the queue";
  }
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
  if (finalStates.has(job.state)) return ended(evidence, findings);
  if (job.state === "suspended") {
    findings.push({
      what: "an administrator, or a job of a higher priority, has suspended it; it goes on when it is let",
      evidence: job.rawState ?? job.state,
    });
  }
  if (!isWaiting(evidence.rows)) {
    findings.push(...evidence.told);
    return `it is ${job.state}${where(job)}`;
  }
  findings.push(...explainWaiting(evidence));
  return `it is ${job.state}${where(job)}, and some of its tasks wait`;
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

function ended({ job, told }: Evidence, findings: Finding[]): string {
  const remedy = remedyForEnd(job.state);
  const why = endInWords(job);
  if (why !== undefined) findings.push({ ...why, ...(remedy !== undefined && { remedy }) });
  findings.push(...told);
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
