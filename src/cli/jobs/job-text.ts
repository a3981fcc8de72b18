import type { ClusterView, Explanation, Job, JobEvent, QueueEntry } from "../../client/client.ts";
import { isFinal } from "../../schema/job-transitions.ts";
import { fittedTable, table } from "../table.ts";
import { visibleLine } from "../visible.ts";

export { visibleLine as plain } from "../visible.ts";

/** The state, whether it is what the cluster says now, and whether another was asked for. */
export function stateOf({
  state,
  freshness,
  cancelRequested,
}: Pick<Job, "state" | "freshness" | "cancelRequested">): string {
  const isToEnd = cancelRequested && !isFinal(state);
  const notes = [...(freshness === "fresh" ? [] : [freshness]), ...(isToEnd ? ["to be cancelled"] : [])];
  return notes.length === 0 || freshness === undefined ? state : `${state} (${notes.join(", ")})`;
}

/** `2026-07-01 10:00:00`, in UTC. */
export function timeText(time: string | undefined): string {
  return time === undefined ? "-" : time.slice(0, 19).replace("T", " ");
}

/** No line longer than `columns`, if that can be had. */
export function jobsTable(jobs: readonly Job[], columns: number): string {
  return fittedTable(
    ["ID", "NAME", "CLUSTER", "NATIVE", "STATE", "OWNER", "NODES", "ACCEPTED"],
    jobs.map((job) => [
      job.id,
      job.name,
      job.cluster,
      job.nativeId ?? "-",
      stateOf(job),
      job.owner,
      job.nodes ?? "-",
      timeText(job.acceptedAt),
    ]),
    { columns, spare: ["OWNER", "ACCEPTED", "NODES", "CLUSTER"] },
  );
}

/** All that is known of one job, a line for each fact. */
export function jobText(job: Job): string {
  const exit =
    job.exit === undefined
      ? undefined
      : job.exit.signal > 0
        ? `signal ${job.exit.signal}`
        : `exit status ${job.exit.status}`;
  const labels = Object.entries(job.labels).map(([name, value]) => `${name}=${value}`);
  const lines = [
    ["id", job.id],
    ["name", job.name],
    ["cluster", job.cluster],
    ["native id", job.nativeId],
    ["state", stateOf(job)],
    ["slurm says", job.rawState],
    ["reason", job.reason],
    ["ended with", exit],
    ["error", job.error === undefined ? undefined : `${job.error.message} [${job.error.code}]`],
    ["owner", job.owner],
    ["labels", labels.length === 0 ? undefined : labels.join(" ")],
    ["partition", job.partition],
    ["nodes", job.nodes],
    ["tasks", job.tasks === undefined ? undefined : String(job.tasks.length)],
    ["restarts", job.restarts === 0 ? undefined : String(job.restarts)],
    ["accepted", timeText(job.acceptedAt)],
    ["submitted", job.submittedAt && timeText(job.submittedAt)],
    ["started", job.startedAt && timeText(job.startedAt)],
    ["ended", job.endedAt && timeText(job.endedAt)],
    ["stdout", job.stdoutPath],
    ["stderr", job.stderrPath],
  ];
  return lines
    .filter(([, value]) => value !== undefined)
    .map(([name = "", value = ""]) => `${name.padEnd(10)}  ${visibleLine(value)}\n`)
    .join("");
}

export function explanationText({ summary, findings, expectedStart }: Explanation): string {
  const lines = [
    summary,
    ...findings.flatMap(({ what, evidence, remedy }) => [
      `  - ${what} (${evidence})`,
      ...(remedy === undefined ? [] : [`    ${remedy}`]),
    ]),
    ...(expectedStart === undefined ? [] : [`expected to start at ${timeText(expectedStart)} UTC`]),
  ];
  return lines.map((line) => `${visibleLine(line)}\n`).join("");
}

/** No line longer than `columns`, if that can be had. */
export function queueTable(queue: readonly QueueEntry[], columns: number): string {
  return fittedTable(
    ["CLUSTER", "NATIVE", "NAME", "USER", "PARTITION", "STATE", "NODES", "REASON", "JOB"],
    queue.map((row) => [
      row.cluster,
      row.nativeId,
      row.name,
      row.user,
      row.partition,
      row.state,
      row.nodes ?? "-",
      row.reason ?? "-",
      row.jobId ?? "-",
    ]),
    { columns, spare: ["NODES", "PARTITION", "CLUSTER", "REASON"] },
  );
}

export function clustersTable(clusters: readonly ClusterView[]): string {
  return table(
    ["NAME", "KIND", "STATUS", "LAST ANSWER", "MESSAGE"],
    clusters.map(({ name, kind, status, lastAnswer, message }) => [
      name,
      kind,
      status,
      timeText(lastAnswer),
      message ?? "",
    ]),
  );
}

/** One line. */
export function eventText(event: JobEvent): string {
  if (event.type === "missed") return "some events were missed: read the jobs anew\n";
  const { at, jobId, cluster, type, data } = event;
  const facts = Object.entries(data)
    .filter(([name, value]) => name !== "restarts" || value !== 0)
    .map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  return `${visibleLine([timeText(at), cluster, jobId, type, ...facts].join("  "))}\n`;
}
