import { z } from "zod";
import { ExitStatus, JobState } from "./job.ts";
import { Freshness, JobError } from "./stored-job.ts";

/** A job or task as it stands after the change; `previous` is the state before, where that was another. */
const Change = {
  state: JobState,
  previous: JobState.optional(),
  rawState: z.string().optional(),
  reason: z.string().optional(),
  exit: ExitStatus.optional(),
  nodes: z.string().optional(),
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  restarts: z.int().min(0),
};

const common = {
  /** Its place among all events: 1, 2, 3, … in the order in which they were written, without a gap. */
  seq: z.int().min(1),
  at: z.iso.datetime(),
  jobId: z.string().min(1),
  cluster: z.string().min(1),
  owner: z.string().min(1),
};

/** One thing that happened to a job. */
export const StoredEvent = z.discriminatedUnion("type", [
  z.strictObject({ ...common, type: z.literal("accepted"), data: z.strictObject({ name: z.string() }) }),
  z.strictObject({
    ...common,
    type: z.literal("submitted"),
    data: z.strictObject({ nativeId: z.string(), directory: z.string() }),
  }),
  /** A new state, reason, place, or restart. */
  z.strictObject({ ...common, type: z.literal("state"), data: z.strictObject(Change) }),
  /** The same of one task of an array, or its first sight. */
  z.strictObject({ ...common, type: z.literal("task"), data: z.strictObject({ nativeId: z.string(), ...Change }) }),
  z.strictObject({ ...common, type: z.literal("rejected"), data: JobError }),
  z.strictObject({ ...common, type: z.literal("freshness"), data: z.strictObject({ freshness: Freshness }) }),
  z.strictObject({ ...common, type: z.literal("cancel-requested"), data: z.strictObject({}) }),
]);
export type StoredEvent = z.infer<typeof StoredEvent>;
export type StoredEventType = StoredEvent["type"];
