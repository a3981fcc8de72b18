import { z } from "zod";
import { nouns } from "./nouns.ts";
import type { Operation, OperationResult } from "./operation.ts";

type Json = Readonly<Record<string, unknown>>;

/** The statuses with which any operation may answer instead, by what they mean. */
const problems: Readonly<Record<string, string>> = {
  "4XX": "The request cannot be served; `detail` says why",
  "5XX": "The gateway or a cluster cannot serve it now; `retry` says whether to come again",
};

/** The description of these operations as OpenAPI 3.1. */
export function toOpenApi(operations: readonly Operation[], version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) (paths[operation.path] ??= {})[operation.method] = describe(operation);
  return {
    openapi: "3.1.0",
    info: {
      title: "Sluice",
      version,
      description: "One gate to every Slurm cluster: jobs exactly once, one poller, live events.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: ["jobs", "clusters", "events", "gateway"].map((name) => ({ name })),
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  };
}

function describe(operation: Operation): Json {
  const { id, tag, scope, summary, description, params, query, headers = {}, body, result, example } = operation;
  const texts = [description, scope === "public" ? undefined : `Needs a token of scope \`${scope}\` or more.`];
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: texts.filter((text) => text !== undefined).join("\n\n"),
    security: scope === "public" ? [] : [{ bearer: [] }],
    parameters: [
      ...parametersOf(params, "path", example.params),
      ...parametersOf(query, "query", example.query),
      ...Object.entries(headers).map(([name, text]) => ({
        name,
        in: "header",
        required: false,
        description: text,
        schema: { type: "string" },
      })),
    ],
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: schemaOf(body), example: example.body } },
      },
    }),
    responses: {
      [result.status]: { description: result.what, content: contentOf(result) },
      ...Object.fromEntries(
        Object.entries(problems).map(([status, text]) => [
          status,
          { description: text, content: { "application/problem+json": { schema: schemaOf(nouns["Problem"]) } } },
        ]),
      ),
    },
  };
}

function contentOf(result: OperationResult): Json {
  if ("json" in result) return { "application/json": { schema: schemaOf(result.json) } };
  return Object.fromEntries(
    result.media.map((media) => [
      media,
      media === "application/json" ? { schema: {} } : { schema: { type: "string" } },
    ]),
  );
}

function parametersOf(schema: z.ZodObject, place: "path" | "query", example: Json = {}): Json[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...json } = toJsonSchema(field);
    return {
      name,
      in: place,
      required: place === "path",
      ...(typeof description === "string" && { description }),
      schema: json,
      ...(example[name] !== undefined && { example: example[name] }),
    };
  });
}

function schemaOf(schema: z.core.$ZodType | undefined): Json {
  const name = Object.entries(nouns).find(([, noun]) => noun === schema)?.[0];
  if (name === undefined) throw new Error("a schema of the HTTP door has no name in nouns.ts");
  return { $ref: reference(name) };
}

function reference(name: string): string {
  return `#/components/schemas/${name}`;
}

/** What clients send and read: of a field with a default, that it may be left out. */
const dialect = { io: "input", target: "draft-2020-12" } as const;

function componentSchemas(): Json {
  const named = z.registry<{ id: string }>();
  for (const [id, noun] of Object.entries(nouns)) named.add(noun, { id });
  const { schemas } = z.toJSONSchema(named, { ...dialect, uri: reference });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutDialect(schema)]));
}

function toJsonSchema(schema: z.core.$ZodType): Json {
  return withoutDialect(z.toJSONSchema(schema, dialect));
}

/** OpenAPI 3.1 says once and for all which dialect it has, and where each component stands. */
function withoutDialect({ $schema: _schema, $id: _id, ...schema }: z.core.JSONSchema.BaseSchema): Json {
  return schema;
}
