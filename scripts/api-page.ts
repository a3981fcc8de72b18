import type { Operation } from "../src/gateway/contract/operation.ts";
import { optionFields } from "../src/gateway/contract/job-body.ts";
import { operations } from "../src/gateway/contract/operations.ts";
import { referenceEntry } from "../src/gateway/contract/reference.ts";

/** The blocks of `docs/api.md`; `table` writes a table. */
export function apiBlocks(table: (head: readonly string[], rows: readonly (readonly string[])[]) => string): string[] {
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  return [
    "# HTTP interface",
    "Derived from the contract in `src/gateway/contract/` by `npm run docs`; do not edit. A running gateway has the same at `/docs`, and as OpenAPI 3.1 at `/openapi.json`. How to start one: [gateway.md](gateway.md).",
    "Bodies are JSON. Failures are problems (RFC 9457) with the `code` of [errors.md](errors.md), `retry` and what to do; where the HTTP status says it all (401, 403, 404, 405, 415, 421, 429) there is no code. " +
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
    "## A job's options",
    "Beside `cluster`, `name`, `script` or `command`, `args`, `env`, `cwd`, `labels` and `dependencies`, a job's body takes sbatch's options by these names. " +
      "A flag takes `true`; other options take text or a number as sbatch does.",
    table(
      ["field", "sbatch", "meaning"],
      [...optionFields].map(([field, { name, help }]) => [`\`${field}\``, `\`--${name}\``, help]),
    ),
  ];
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
