import { z } from "zod";
import { SluiceYaml } from "./sluice-yaml.ts";

/** What there is to know of one field, from the JSON Schema of the whole. */
export interface FieldSchema {
  readonly description?: string;
  /** The names of the fields in it. */
  readonly fields: readonly string[];
}

/** The part of JSON Schema that zod writes for settings. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: JsonSchema | boolean | undefined;
  readonly propertyNames?: JsonSchema | undefined;
  readonly items?: JsonSchema | undefined;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly oneOf?: readonly JsonSchema[] | undefined;
}

const JsonSchemaShape: z.ZodType<JsonSchema> = z.looseObject({}).catchall(z.unknown());

let known: JsonSchema | undefined;

/** The JSON Schema (draft 2020-12) of `sluice.yaml` as a person writes it, without what is of zod's own making. */
export function sluiceJsonSchema(): JsonSchema {
  if (known !== undefined) return known;
  const json = z.toJSONSchema(SluiceYaml, {
    io: "input",
    override: ({ jsonSchema }) => {
      if (jsonSchema.format === "starts_with") delete jsonSchema.format;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      delete jsonSchema.readOnly;
    },
  });
  return (known = JsonSchemaShape.parse(json));
}

/** The schema of the field at a path, where the data say which of several shapes is meant. */
export function schemaAt(root: JsonSchema, data: unknown, path: readonly PropertyKey[]): FieldSchema | undefined {
  let schema: JsonSchema | undefined = root;
  let value = data;
  let description: string | undefined;
  for (const key of path) {
    schema = choose(schema, value);
    if (schema === undefined) return undefined;
    const rest: unknown = schema.additionalProperties;
    schema = typeof key === "number" ? schema.items : (schema.properties?.[String(key)] ?? asSchema(rest));
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
    description = schema?.description;
  }
  const chosen = choose(schema, value);
  description ??= chosen?.description;
  const fields = Object.keys(chosen?.properties ?? {});
  return { fields: fields.length > 0 ? fields : namesOf(chosen), ...(description !== undefined && { description }) };
}

function asSchema(value: unknown): JsonSchema | undefined {
  return typeof value === "object" && value !== null ? JsonSchemaShape.parse(value) : undefined;
}

function namesOf(schema: JsonSchema | undefined): readonly string[] {
  return (schema?.propertyNames?.enum ?? []).map(String);
}

/** Of several shapes the one whose `kind` or `fault` is that of the value, or that is of its sort. */
function choose(schema: JsonSchema | undefined, value: unknown): JsonSchema | undefined {
  const shapes = schema?.oneOf ?? schema?.anyOf;
  if (shapes === undefined) return schema;
  const isObject = typeof value === "object" && value !== null;
  const fits = (shape: JsonSchema): boolean =>
    isObject
      ? shape.properties !== undefined &&
        Object.entries(shape.properties).every(
          ([name, { const: fixed }]) => fixed === undefined || Reflect.get(value, name) === fixed,
        )
      : shape.properties === undefined;
  return shapes.find(fits);
}
