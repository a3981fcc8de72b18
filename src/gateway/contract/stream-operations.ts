import { z } from "zod";
import { StoredEvent } from "../../schema/stored-event.ts";
import { exampleJobId } from "./job-operations.ts";
import { defineOperation } from "./operation.ts";
import { commaList, Flag, JobParams, None, Whole } from "./parameters.ts";

const eventTypes = StoredEvent.options.map(({ shape }) => shape.type.value);

export const readOutput = defineOperation({
  id: "readOutput",
  method: "get",
  path: "/v1/jobs/{id}/output",
  tag: "jobs",
  scope: "viewer",
  summary: "Read what a job prints, as it grows",
  description:
    "Plain bytes; or with `Accept: text/event-stream` an event `file` with the path, then an event `output` for each piece, its data in base64 and its id the " +
    "offset after it, which goes into Last-Event-ID to resume, and `end` at the end. Sluice-Offset says where the bytes begin.",
  params: JobParams,
  query: z.strictObject({
    stream: z.enum(["stdout", "stderr"]).default("stdout"),
    task: Whole.optional().describe("A task of an array"),
    offset: Whole.optional().describe("Bytes from the start"),
    tail: Whole.optional().describe("The last so many lines, instead of an offset"),
    follow: Flag.default(false).describe("Go on until the job has ended and all was read"),
  }),
  body: undefined,
  headers: { "Last-Event-ID": "Of an event stream: the id of the last piece that was read." },
  result: { status: 200, media: ["application/octet-stream", "text/event-stream"], what: "The output" },
  example: { params: { id: exampleJobId }, query: { stream: "stdout", tail: "10" } },
});

export const streamEvents = defineOperation({
  id: "streamEvents",
  method: "get",
  path: "/v1/events",
  tag: "events",
  scope: "viewer",
  summary: "Follow what happens to jobs, as server-sent events",
  description:
    "Each event's id is its number; Last-Event-ID (or `after`) goes on behind it without losing any. Without it the stream " +
    "begins now, and says with an id of its own where that is, so that none is lost where it breaks before the first. `missed` says that some are gone: read the jobs anew. A comment comes every 15 seconds while nothing happens.",
  params: None,
  query: z.strictObject({
    after: Whole.optional().describe("The number of the last event that was read"),
    job: z.string().min(1).max(64).optional(),
    cluster: commaList(z.string().min(1)).optional().describe("Clusters, by comma"),
    type: commaList(z.enum(eventTypes)).optional().describe("Types of events, by comma"),
  }),
  body: undefined,
  headers: { "Last-Event-ID": "The number of the last event that was read." },
  result: { status: 200, media: ["text/event-stream"], what: "Events, until the caller goes" },
  example: { query: { after: "0", type: "accepted,state" } },
});
