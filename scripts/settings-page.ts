import { clusterKinds } from "../src/clusters/registry.ts";
import { sluiceJsonSchema, type JsonSchema } from "../src/clusters/settings-schema.ts";
import { kindExamples, wholeExample } from "./settings-examples.ts";

type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

/** `schema/sluice.schema.json`. */
export function settingsSchema(): string {
  const { $schema, ...rest } = sluiceJsonSchema();
  const title = "sluice.yaml: the clusters that a project uses";
  return `${JSON.stringify({ $schema, title, ...rest }, undefined, 2)}\n`;
}

/** The blocks of `docs/sluice-yaml.md`. */
export function settingsBlocks(table: Table): readonly string[] {
  const root = sluiceJsonSchema();
  const { clusters, ...fields } = root.properties ?? {};
  const rows = (schema: JsonSchema): string => table(["field", "takes", "meaning"], fieldRows(schema, ""));
  const own = {
    ...root,
    properties: { ...fields, ...(clusters && { clusters: { ...clusters, additionalProperties: false } }) },
  };
  return [
    "# sluice.yaml",
    "Derived from `src/clusters/sluice-yaml.ts` by `npm run docs`; do not edit.",
    "`sluice.yaml` names the clusters of a project. It is looked for in the folder that you stand in, and upwards from there. " +
      "Your test clusters are there under their own names without it.",
    yaml(wholeExample),
    "`sluice config check` says all that is wrong with it, and where; with `--connect` it asks each cluster too. " +
      "`sluice config explain` says which file counts, and which cluster takes a job where you name none.",
    "**In an editor.** The package holds a JSON Schema of the file, `schema/sluice.schema.json`. An editor that speaks the YAML " +
      "language server reads it where the first line names it, as above: a path relative to the file, or a URL. " +
      "A field `$schema` at the top is taken too.",
    "## The file",
    rows(own),
    ...kindsOf(clusters).flatMap(({ kind, schema }) => [
      `## kind: ${kind}`,
      `${schema.description ?? ""}.`,
      yaml(kindExamples[kind] ?? ""),
      rows(schema),
    ]),
  ];
}

/** Each kind of cluster, in the order of the registry. */
function kindsOf(clusters: JsonSchema | undefined): readonly { readonly kind: string; readonly schema: JsonSchema }[] {
  const each = clusters?.additionalProperties;
  const shapes = typeof each === "object" ? (each.oneOf ?? []) : [];
  return clusterKinds.kinds.flatMap((kind) =>
    shapes.filter(({ properties }) => properties?.["kind"]?.const === kind).map((schema) => ({ kind, schema })),
  );
}

/** One row for a field, and one for each field in it: `ssh.host`, `outcomes[].name`, `owners.NAME.user`. */
function fieldRows(schema: JsonSchema, prefix: string): readonly (readonly string[])[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== "kind")
    .flatMap(([name, field]) => {
      const path = `${prefix}${name}`;
      const meaning = `${field.description ?? field.propertyNames?.description ?? ""}${required.has(name) ? "; must be given" : ""}`;
      return [[`\`${path}\``, takes(field), meaning], ...innerRows(field, path)];
    });
}

function innerRows(field: JsonSchema, path: string): readonly (readonly string[])[] {
  const shapes = field.oneOf ?? field.anyOf;
  if (shapes !== undefined) {
    return merged(shapes.flatMap((shape) => innerRows(shape, path)));
  }
  if (field.items !== undefined) return innerRows(field.items, `${path}[]`);
  const each = field.additionalProperties;
  if (typeof each === "object" && each.properties !== undefined) return fieldRows(each, `${path}.NAME.`);
  return fieldRows(field, `${path}.`);
}

/** Rows of several shapes that have a field in common: one for each field. */
function merged(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const byField = new Map<string, readonly string[]>();
  for (const [field = "", values = "", meaning = ""] of rows) {
    const before = byField.get(field)?.[1];
    byField.set(field, [field, before === undefined || before === values ? values : `${before}, ${values}`, meaning]);
  }
  return [...byField.values()];
}

function takes(field: JsonSchema): string {
  const shapes = field.oneOf ?? field.anyOf;
  if (shapes !== undefined) return [...new Set(shapes.map(takes))].join(", or ");
  if (typeof field.const === "string") return `\`${field.const}\``;
  if (field.enum !== undefined) return field.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (field.type === "array") return `a list: ${field.items === undefined ? "" : takes(field.items)}`;
  if (field.type === "integer" || field.type === "number") return number(field);
  if (field.type === "object") return field.propertyNames?.enum === undefined ? "fields" : `fields: ${names(field)}`;
  return field.type === "boolean" ? "true or false" : "text";
}

function names(field: JsonSchema): string {
  return (field.propertyNames?.enum ?? []).map((name) => `\`${String(name)}\``).join(", ");
}

function number({ type, minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const what = type === "integer" ? "a whole number" : "a number";
  const bounds = [
    ...(typeof minimum === "number" ? [`from ${minimum}`] : []),
    ...(typeof exclusiveMinimum === "number" ? [`above ${exclusiveMinimum}`] : []),
    ...(typeof maximum === "number" ? [`to ${maximum}`] : []),
  ];
  return [what, ...bounds].join(" ");
}

function yaml(text: string): string {
  return `\`\`\`yaml\n${text}\`\`\``;
}
