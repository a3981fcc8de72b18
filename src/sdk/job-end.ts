import type { Job as JobRecord } from "../schema/api-job.ts";
import type { Backend } from "./backend.ts";
import type { JobEnd } from "./job-end-errors.ts";
import type { JobStatus } from "./job-status.ts";

/** How much of a job's stderr an error carries. */
const tailLines = 20;
const tailBytes = 10_000;

/** What is to be told about a job's end is of no use late. */
const lookMs = 10_000;

/** All that can be told of a job, or of a task of an array, that ended without success; asks its cluster for the rest. */
export async function describeEnd(
  backend: Pick<Backend, "output" | "explain">,
  record: JobRecord,
  task: number | undefined,
  status: JobStatus,
): Promise<JobEnd> {
  const signal = AbortSignal.timeout(lookMs);
  const hasBegun = status.startedAt !== undefined;
  const [stderr, cancelledBy] = await Promise.all([
    hasBegun ? tailOf(backend, record.id, task, signal) : "",
    status.state === "cancelled" ? whoCancelled(backend, record, signal) : undefined,
  ]);
  return {
    jobId: record.id,
    nativeId: status.nativeId,
    name: record.name,
    cluster: record.cluster,
    state: status.state,
    rawState: status.rawState,
    reason: status.reason,
    exit: status.exit,
    nodes: status.nodes,
    stderr,
    cancelledBy,
  };
}

/** The last lines of stderr; nothing where they cannot be read, which must not hide how the job ended. */
async function tailOf(
  backend: Pick<Backend, "output">,
  id: string,
  task: number | undefined,
  signal: AbortSignal,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    const query = { stream: "stderr", tail: tailLines, ...(task !== undefined && { task }) } as const;
    for await (const { bytes } of backend.output(id, query, { signal }))
      text += decoder.decode(bytes, { stream: true });
  } catch {
    return text.slice(-tailBytes);
  }
  return (text + decoder.decode()).slice(-tailBytes);
}

/** A user's name, from the cluster's accounting. */
async function whoCancelled(
  backend: Pick<Backend, "explain">,
  { id, cancelRequested, owner }: JobRecord,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { findings } = await backend.explain(id, { signal }).catch(() => ({ findings: [] }));
  for (const { what, evidence } of findings) {
    if (!/^CANCELLED by \d+$/.test(evidence)) continue;
    return what.endsWith(" cancelled it") ? what.slice(0, -" cancelled it".length) : evidence.toLowerCase();
  }
  return cancelRequested ? `${owner}, through Sluice` : undefined;
}
