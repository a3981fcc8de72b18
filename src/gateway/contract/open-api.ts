import { z } from "zod";
import { nouns } from "./nouns.ts";
import { Bytes, type Operation, type OperationResult } from "./operation.ts";

type Json = Readonly<Record<string, unknown>>;

/** The statuses with which any operation may answer instead, by what they mean. */
const problems: Readonly<Record<string, string>> = {
  "429": "Too many requests with this token",
  "4XX": "The request cannot be served; `detail` says why",
  "5XX": "The gateway or a cluster cannot serve it now; `retry` says whether to come again",
};

/** What comes along with an answer, by its status. */
const headersOf: Readonly<Record<string, readonly (readonly [name: string, meaning: string])[]>> = {
  "201": [["Location", "Where what was made is to be read"]],
  "401": [["WWW-Authenticate", "Bearer, and what is wrong with the token that came"]],
  "429": [["Retry-After", "In how many seconds to come again"]],
};

const conditional = "The ETag of an answer before; 304 where nothing has changed.";

/** The description of these operations as OpenAPI 3.1. */
export function toOpenApi(operations: readonly Operation[], version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    (paths[operation.path] ??= {})[operation.method] = describe(operation, linksOf(operation, operations));
  }
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

function describe(operation: Operation, links: Json): Json {
  const { id, tag, scope, summary, description, params, query, body, result, also = {}, example } = operation;
  const isConditional = operation.method === "get" && "json" in result;
  const headers = { ...operation.headers, ...(isConditional && { "If-None-Match": conditional }) };
  const refusals = scope === "public" ? problems : { "401": "A token is needed, or is not known", ...problems };
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
        content:
          body === Bytes
            ? { "application/octet-stream": { schema: { type: "string", format: "binary" } } }
            : { "application/json": { schema: schemaOf(body), example: example.body } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries({ [result.status]: result.what, ...also }).map(([status, text]) => [
          status,
          {
            description: text,
            ...headersFor(status, isConditional ? [["ETag", "Of this answer"]] : []),
            content: contentOf(result),
            ...(status === "201" && { links }),
          },
        ]),
      ),
      ...(isConditional && { "304": { description: "Nothing has changed since the answer with that ETag" } }),
      ...Object.fromEntries(
        Object.entries(refusals).map(([status, text]) => [
          status,
          {
            description: text,
            ...headersFor(status),
            content: { "application/problem+json": { schema: schemaOf(nouns["Problem"]) } },
          },
        ]),
      ),
    },
  };
}

function headersFor(status: string, more: readonly (readonly [string, string])[] = []): Json {
  const headers = [...(headersOf[status] ?? []), ...more];
  if (headers.length === 0) return {};
  return {
    headers: Object.fromEntries(
      headers.map(([name, description]) => [name, { description, schema: { type: "string" } }]),
    ),
  };
}

/** Of what an operation makes: the operations that take its id in their paths. */
function linksOf({ path }: Operation, operations: readonly Operation[]): Json {
  const below = operations.filter((operation) => operation.path.startsWith(`${path}/{id}`));
  return Object.fromEntries(
    below.map(({ id: operationId }) => [operationId, { operationId, parameters: { id: "$response.body#/id" } }]),
  );
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
const dialect = {
  io: "input",
  target: "draft-2020-12",
  override({ jsonSchema }) {
    // In OpenAPI `readOnly` means that a field is never sent; what is meant here is that the program does not change it.
    delete jsonSchema.readOnly;
    if (jsonSchema.format === "starts_with") delete jsonSchema.format;
  },
} as const satisfies z.core.ToJSONSchemaParams;

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
