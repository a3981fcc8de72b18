import { z } from "zod";
import { Bytes, type Operation } from "./operation.ts";

/** One operation, as pages for people have it. */
export interface ReferenceEntry {
  readonly operation: Operation;
  /** Of the path and the query, and the headers that it reads. */
  readonly parameters: readonly { readonly name: string; readonly place: string; readonly meaning: string }[];
  /** A line for a shell; the token stands in no list of processes. */
  readonly curl: string;
}

/** What a page says of an operation. */
export function referenceEntry(operation: Operation): ReferenceEntry {
  const { params, query, headers = {} } = operation;
  const fields = (shape: z.ZodObject["shape"], place: string): ReferenceEntry["parameters"] =>
    Object.entries(shape).map(([name, field]) => ({ name, place, meaning: meaningOf(field) }));
  return {
    operation,
    parameters: [
      ...fields(params.shape, "path"),
      ...fields(query.shape, "query"),
      ...Object.entries(headers).map(([name, meaning]) => ({ name, place: "header", meaning })),
    ],
    curl: curlLine(operation),
  };
}

function meaningOf(field: z.core.$ZodType): string {
  const { description, enum: choices, default: preset, type } = z.toJSONSchema(field, { io: "input" });
  const facts = [
    ...(choices === undefined ? [] : [`one of ${choices.map(String).join(", ")}`]),
    ...(preset === undefined ? [] : [`default ${JSON.stringify(preset)}`]),
  ];
  return [description ?? (choices === undefined && typeof type === "string" ? type : ""), ...facts]
    .filter((text) => text !== "")
    .join("; ");
}

/**
 * Hands a token to `curl -K -` on its stdin. `printf` is a builtin of every shell, so no list of processes shows the token.
 */
export function curlToken(file: string): string {
  return `printf 'header = "Authorization: Bearer %s"' "$(cat ${file})"`;
}

/** The example of an operation as curl has it. */
function curlLine({ method, path, scope, body, example }: Operation): string {
  const query = new URLSearchParams(example.query).toString();
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => example.params?.[name] ?? "");
  const url = `http://127.0.0.1:7373${filled}${query === "" ? "" : `?${query}`}`;
  const words = [
    `${scope === "public" ? "" : `${curlToken("~/.sluice/token")} | `}curl -sS${scope === "public" ? "" : " -K -"}`,
    ...(method === "get" ? [] : [`-X ${method.toUpperCase()}`]),
    ...Object.entries(example.headers ?? {}).map(([name, value]) => `-H '${name}: ${value}'`),
    ...(body === Bytes ? ["-H 'Content-Type: application/octet-stream'", "--data-binary @FILE"] : []),
    ...(body === Bytes || example.body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(example.body)}'`]),
    /[?&]/.test(url) ? `'${url}'` : url,
  ];
  return words.join(" \\\n  ");
}

/** One field of a shape, as pages for people have it. */
export interface FieldEntry {
  readonly name: string;
  readonly type: string;
  /** Whether it is always there. */
  readonly required: boolean;
  readonly meaning: string;
}

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The fields of an object, with the types that they have in JSON. */
export function fieldEntries(shape: z.ZodObject): readonly FieldEntry[] {
  const { properties = {}, required = [] } = z.toJSONSchema(shape, { io: "input" });
  return Object.entries(properties).flatMap(([name, field]) => {
    if (typeof field === "boolean") return [];
    return [{ name, type: typeText(field), required: required.includes(name), meaning: field.description ?? "" }];
  });
}

function typeText({
  type,
  format,
  enum: choices,
  const: only,
  items,
  anyOf,
  additionalProperties,
}: JsonSchema): string {
  if (choices !== undefined) return `one of ${choices.map((choice) => `\`${String(choice)}\``).join(", ")}`;
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (anyOf !== undefined)
    return anyOf.map((one) => (typeof one === "boolean" ? "anything" : typeText(one))).join(" or ");
  if (type === "array" && typeof items === "object" && !Array.isArray(items)) return `list of ${typeText(items)}`;
  if (type === "object" && typeof additionalProperties === "object")
    return `names to ${typeText(additionalProperties)}`;
  return format === "date-time" ? "time" : String(type ?? "anything");
}
