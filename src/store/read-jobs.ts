import { sql, type Expression, type ExpressionBuilder, type Kysely, type SqlBool } from "kysely";
import { z } from "zod";
import { SluiceError } from "../errors.ts";
import { jobSortKeys, type JobFilter, type JobListing, type JobPage, type JobSortKey } from "../jobs/store.ts";
import type { QueuedJob, QueueShare } from "../jobs/store.ts";
import { JobState } from "../schema/job.ts";
import { activeStates } from "../schema/job-transitions.ts";
import { Submission, type StoredJob, type StoredTask } from "../schema/stored-job.ts";
import { chunks } from "./ledger.ts";
import { toIso, toJob, toMs, toTask } from "./rows.ts";
import type { JobRow, Tables } from "./tables.ts";

type Reads = Kysely<Tables>;

const longestPage = 1_000;

/** Where the page before ended. */
const Cursor = z.strictObject({
  sort: z.enum(jobSortKeys),
  order: z.enum(["ascending", "descending"]),
  value: z.union([z.number(), z.string()]),
  position: z.int(),
});

export async function getJobs(reads: Reads, ids: readonly string[]): Promise<readonly StoredJob[]> {
  const found = new Map<string, StoredJob>();
  for (const some of chunks(ids, 5_000)) {
    const rows = await reads.selectFrom("job").selectAll().where("id", "in", some).execute();
    for (const row of rows) found.set(row.id, toJob(row));
  }
  return ids.flatMap((id) => found.get(id) ?? []);
}

export async function submissionOf(reads: Reads, jobId: string): Promise<Submission | undefined> {
  const row = await reads
    .selectFrom("submission")
    .innerJoin("job", "job.position", "submission.position")
    .select("submission.body")
    .where("job.id", "=", jobId)
    .executeTakeFirst();
  return row && readSubmission(row.body);
}

export async function tasksOf(reads: Reads, jobId: string): Promise<readonly StoredTask[]> {
  const rows = await reads
    .selectFrom("task")
    .innerJoin("job", "job.position", "task.position")
    .selectAll("task")
    .where("job.id", "=", jobId)
    .orderBy("task.number")
    .orderBy("task.native_id")
    .execute();
  return rows.map((row) => toTask(row, jobId));
}

/** See `JobStore.list`. Pages end and begin at a job, not at a number of jobs, so what is inserted between moves nothing. */
export async function listJobs(reads: Reads, listing: JobListing): Promise<JobPage> {
  const { sort = "accepted", order = "descending", limit } = listing;
  if (!Number.isInteger(limit) || limit < 1 || limit > longestPage) {
    throw new SluiceError("INPUT_INVALID", `limit: ${limit} is not between 1 and ${longestPage}`, {
      details: { field: "limit" },
    });
  }
  const cursor = listing.cursor === undefined ? undefined : readCursor(listing.cursor, { sort, order });
  const direction = order === "ascending" ? "asc" : "desc";
  const key = sortKeys[sort];
  const isBeyond = sql.raw(order === "ascending" ? ">" : "<");
  let query = reads
    .selectFrom("job")
    .selectAll()
    .where((eb) => filterOf(eb, listing));
  if (cursor !== undefined) {
    query = query.where(
      sort === "accepted"
        ? sql<SqlBool>`position ${isBeyond} ${cursor.position}`
        : sql<SqlBool>`(${key.column}, position) ${isBeyond} (${cursor.value}, ${cursor.position})`,
    );
  }
  if (sort !== "accepted") query = query.orderBy(key.column, direction);
  const rows = await query
    .orderBy("position", direction)
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (rows.length <= limit || last === undefined) return { jobs: page.map(toJob) };
  const next = { sort, order, value: key.of(last), position: last.position };
  return { jobs: page.map(toJob), next: Buffer.from(JSON.stringify(next)).toString("base64url") };
}

export async function countJobs(reads: Reads, filter: JobFilter): Promise<Partial<Record<JobState, number>>> {
  const rows = await reads
    .selectFrom("job")
    .select(["state", ({ fn }) => fn.countAll<number>().as("jobs")])
    .where((eb) => filterOf(eb, filter))
    .groupBy("state")
    .execute();
  return Object.fromEntries(rows.map(({ state, jobs }) => [JobState.parse(state), jobs]));
}

export async function byNativeId(
  reads: Reads,
  cluster: string,
  nativeIds: readonly string[],
): Promise<ReadonlyMap<string, StoredJob>> {
  const found = new Map<string, StoredJob>();
  for (const some of chunks(nativeIds, 5_000)) {
    const rows = await reads
      .selectFrom("job")
      .selectAll()
      .where("cluster", "=", cluster)
      .where("native_id", "in", some)
      .orderBy("position")
      .execute();
    for (const row of rows) if (row.native_id !== null) found.set(row.native_id, toJob(row));
  }
  return found;
}

export async function undispatched(
  reads: Reads,
  cluster: string,
  options: { readonly state: "accepted" | "submitting"; readonly owner?: string; readonly limit: number },
): Promise<readonly QueuedJob[]> {
  const { owner } = options;
  const rows = await reads
    .selectFrom("job")
    .innerJoin("submission", "submission.position", "job.position")
    .selectAll("job")
    .select("submission.body")
    .where("job.state", "=", options.state)
    .where("job.cluster", "=", cluster)
    .$if(owner !== undefined, (query) => query.where("job.owner", "=", owner ?? ""))
    .orderBy("job.position")
    .limit(options.limit)
    .execute();
  return rows.map((row) => ({ job: toJob(row), submission: readSubmission(row.body) }));
}

export async function waiting(reads: Reads, cluster: string): Promise<readonly QueueShare[]> {
  const rows = await reads
    .selectFrom("job")
    .select(({ fn }) => [
      "owner",
      "unix_user",
      fn.countAll<number>().as("jobs"),
      fn.min("accepted_ms").as("oldest_ms"),
      fn.min("position").as("first"),
    ])
    .where("state", "=", "accepted")
    .where("cluster", "=", cluster)
    .groupBy(["owner", "unix_user"])
    .orderBy("first")
    .execute();
  return rows.map((row) => ({
    owner: row.owner,
    ...(row.unix_user !== null && { user: row.unix_user }),
    jobs: row.jobs,
    oldestAt: toIso(row.oldest_ms),
  }));
}

export async function clustersOfActive(reads: Reads): Promise<readonly string[]> {
  const rows = await reads
    .selectFrom("job")
    .select("cluster")
    .distinct()
    .where("state", "in", activeStates)
    .where("freshness", "=", "fresh")
    .orderBy("cluster")
    .execute();
  return rows.map(({ cluster }) => cluster);
}

export async function activeJobs(reads: Reads, cluster: string): Promise<readonly StoredJob[]> {
  const rows = await reads
    .selectFrom("job")
    .selectAll()
    .where("state", "in", activeStates)
    .where("cluster", "=", cluster)
    .orderBy("position")
    .execute();
  return rows.map(toJob);
}

function filterOf(eb: ExpressionBuilder<Tables, "job">, filter: JobFilter): Expression<SqlBool> {
  const conditions: Expression<SqlBool>[] = [];
  if (filter.clusters !== undefined) conditions.push(eb("cluster", "in", filter.clusters));
  if (filter.states !== undefined) conditions.push(eb("state", "in", filter.states));
  if (filter.owner !== undefined) conditions.push(eb("owner", "=", filter.owner));
  if (filter.name !== undefined) conditions.push(eb("name", "=", filter.name));
  if (filter.acceptedFrom !== undefined) conditions.push(eb("accepted_ms", ">=", timeOf(filter, "acceptedFrom")));
  if (filter.acceptedBefore !== undefined) conditions.push(eb("accepted_ms", "<", timeOf(filter, "acceptedBefore")));
  for (const [name, value] of Object.entries(filter.labels ?? {})) {
    conditions.push(
      eb(
        "position",
        "in",
        eb.selectFrom("label").select("label.position").where("label.name", "=", name).where("label.value", "=", value),
      ),
    );
  }
  return eb.and(conditions);
}

function timeOf(filter: JobFilter, field: "acceptedFrom" | "acceptedBefore"): number {
  const milliseconds = toMs(filter[field]);
  if (milliseconds !== null) return milliseconds;
  throw new SluiceError("INPUT_INVALID", `${field}: "${filter[field]}" is no time; write as in 2026-07-31T12:00:00Z`, {
    details: { field },
  });
}

/** What a list is sorted by, in SQL and of a row; the two must agree, or pages overlap. */
const sortKeys: Readonly<
  Record<JobSortKey, { readonly column: Expression<number | string>; readonly of: (row: JobRow) => number | string }>
> = {
  accepted: { column: sql<number>`position`, of: (row) => row.position },
  started: { column: sql<number>`coalesce(started_ms, 0)`, of: (row) => row.started_ms ?? 0 },
  ended: { column: sql<number>`coalesce(ended_ms, 0)`, of: (row) => row.ended_ms ?? 0 },
  updated: { column: sql<number>`updated_ms`, of: (row) => row.updated_ms },
  name: { column: sql<string>`name`, of: (row) => row.name },
};

function readCursor(text: string, expected: Pick<z.infer<typeof Cursor>, "sort" | "order">): z.infer<typeof Cursor> {
  const wrong = (why: string): SluiceError =>
    new SluiceError("INPUT_INVALID", `cursor: ${why}; take the one that the page before gave, or leave it out`, {
      details: { field: "cursor" },
    });
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    throw wrong("it is none of ours");
  }
  const { data } = Cursor.safeParse(json);
  const isText = expected.sort === "name";
  if (data === undefined || (typeof data.value === "string") !== isText) throw wrong("it is none of ours");
  if (data.sort !== expected.sort || data.order !== expected.order) {
    throw wrong(`it belongs to a list sorted by ${data.sort}, ${data.order}`);
  }
  return data;
}

function readSubmission(body: string): Submission {
  return Submission.parse(JSON.parse(body));
}
