import { z } from "zod";
import type { Operation } from "../src/gateway/contract/operation.ts";
import { optionFields } from "../src/gateway/contract/job-body.ts";
import { operations } from "../src/gateway/contract/operations.ts";
import { fieldEntries, referenceEntry } from "../src/gateway/contract/reference.ts";
import { ClusterView, QueueEntry } from "../src/schema/api-cluster.ts";
import { Explanation, Job, TestResult } from "../src/schema/api-job.ts";
import { jobRequestShape } from "../src/schema/api-job-request.ts";
import { Problem } from "../src/schema/api-problem.ts";
import { StoredTask } from "../src/schema/stored-job.ts";

/** The blocks of `docs/api.md`; `table` writes a table. */
export function apiBlocks(table: (head: readonly string[], rows: readonly (readonly string[])[]) => string): string[] {
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  return [
    "# HTTP interface",
    "Derived from the contract in `src/gateway/contract/` by `npm run docs`; do not edit. A running gateway has the same at `/docs`, and as OpenAPI 3.1 at `/openapi.json`. How to start one: [gateway.md](gateway.md).",
    "Bodies are JSON, but for those of files, which are bytes as they are. Failures are problems (RFC 9457) with the `code` of [errors.md](errors.md), `retry` and what to do; where the HTTP status says it all (404 of a path that is none, 405, 415, 421) there is no code. " +
      "JSON answers to GET carry an `ETag`; `If-None-Match` spares the body. Every answer has `X-Request-Id`, which the log has too; `traceparent` goes into the log. Unknown fields and parameters are refused.",
    table(
      ["operation", "request", "scope"],
      operations.map(({ id, method, path, scope }) => [
        `[${id}](#${id.toLowerCase()})`,
        `\`${method.toUpperCase()} ${path}\``,
        scope,
      ]),
    ),
    ...tags.flatMap((tag) => [
      `## ${tag.charAt(0).toUpperCase()}${tag.slice(1)}`,
      ...operations
        .filter((operation) => operation.tag === tag)
        .flatMap((operation) => operationBlocks(operation, table)),
    ]),
    "## A job's own fields",
    "Either `script` or `command` is given, and nothing else is needed.",
    fieldTable(z.object(jobRequestShape), table),
    "## A job's options",
    "Beside its own fields, a job's body takes sbatch's options by these names. " +
      "A flag takes `true`; other options take text or a number as sbatch does.",
    table(
      ["field", "sbatch", "meaning"],
      [...optionFields].map(([field, { name, help }]) => [`\`${field}\``, `\`--${name}\``, help]),
    ),
    "## What comes back",
    "A field that is not always there is marked `?`. Times are ISO 8601 in UTC. Readers should leave fields aside that they do not know.",
    ...answerShapes.flatMap(([title, shape]) => [`### ${title}`, fieldTable(shape, table)]),
  ];
}

const answerShapes: readonly (readonly [title: string, shape: z.ZodObject])[] = [
  ["A job", Job],
  ["A task", z.object(StoredTask.shape)],
  ["An explanation", Explanation],
  ["A dry run's result", TestResult],
  ["A cluster", ClusterView],
  ["A row of the queue", QueueEntry],
  ["A problem", Problem],
];

function fieldTable(shape: z.ZodObject, table: Parameters<typeof apiBlocks>[0]): string {
  return table(
    ["field", "type", "meaning"],
    fieldEntries(shape).map(({ name, type, required, meaning }) => [
      `\`${name}\`${required ? "" : "?"}`,
      type,
      meaning,
    ]),
  );
}

function operationBlocks(operation: Operation, table: Parameters<typeof apiBlocks>[0]): string[] {
  const { parameters, curl } = referenceEntry(operation);
  const { id, method, path, scope, summary, description, result } = operation;
  return [
    `### ${id}`,
    `\`${method.toUpperCase()} ${path}\` · scope \`${scope}\` · answers ${result.status}: ${result.what.toLowerCase()}`,
    `${summary}.${description === undefined ? "" : ` ${description}`}`,
    ...(parameters.length === 0
      ? []
      : [
          table(
            ["parameter", "in", "meaning"],
            parameters.map(({ name, place, meaning }) => [`\`${name}\``, place, meaning]),
          ),
        ]),
    ["```sh", curl, "```"].join("\n"),
  ];
}
