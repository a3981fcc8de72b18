import type { z } from "zod";
import { nearestName } from "../slurm/batch/nearest-name.ts";
import type { FieldSchema } from "./settings-schema.ts";

/** What is wrong with one field of a file of settings. */
export interface SettingsProblem {
  /** Where the field stands. */
  readonly path: readonly PropertyKey[];
  /** Whether its name is what is wrong, and not its value. */
  readonly isKey: boolean;
  readonly problem: string;
  readonly remedy: string;
  /** What was probably meant. */
  readonly suggestion?: string;
}

/** zod's finding in words: one problem, or one for each name that is not known. `schemaAt` describes the field of a path. */
export function toProblems(
  issue: z.core.$ZodIssue,
  {
    data,
    schemaAt,
  }: { readonly data: unknown; readonly schemaAt: (path: readonly PropertyKey[]) => FieldSchema | undefined },
): readonly SettingsProblem[] {
  const { path } = issue;
  const schema = schemaAt(path);
  const given = valueAt(data, path);
  if (issue.code === "unrecognized_keys") {
    // A schema may have words of its own for names that it does not take.
    const own = issue.message.startsWith("Unrecognized key") ? undefined : issue.message;
    return issue.keys.map((key) => unknownField([...path, key], own, schema?.fields ?? []));
  }
  if (issue.code === "invalid_union" && issue.discriminator === undefined) {
    const branch = nearestBranch(issue.errors, given);
    return branch.flatMap((inner) => toProblems({ ...inner, path: [...path, ...inner.path] }, { data, schemaAt }));
  }
  const words = schema?.description === undefined ? undefined : `${schema.description}.`.replace(/\.\.$/, ".");
  const found = (problem: string, remedy: string, suggestion?: string): readonly SettingsProblem[] => [
    { path, isKey: false, problem, remedy, ...(suggestion !== undefined && { suggestion }) },
  ];
  if (given === undefined && issue.code !== "custom") {
    const what = issue.code === "invalid_union" ? oneOf(kindsOf(issue)) : (words ?? "Add it.");
    return found("is missing", what);
  }
  if (issue.code === "invalid_union") return notOneOf(kindsOf(issue));
  if (issue.code === "invalid_value") return notOneOf(issue.values);
  if (issue.code === "invalid_type") {
    if (path.length === 0 && given === null) {
      return found("the file is empty", "Name a cluster: clusters: {here: {kind: process}}");
    }
    return found(`takes ${typeWords[issue.expected] ?? issue.expected}, not ${shown(given)}`, words ?? "");
  }
  if (issue.code === "too_small" || issue.code === "too_big") {
    const [bound, most] = issue.code === "too_small" ? [issue.minimum, "at least"] : [issue.maximum, "at most"];
    const limit = issue.inclusive === false ? (issue.code === "too_small" ? "more than" : "less than") : most;
    const unit = issue.origin === "string" ? " characters" : issue.origin === "array" ? " entries" : "";
    return found(`takes ${limit} ${bound}${unit}, not ${shown(given)}`, words ?? "");
  }
  return found(issue.message, words ?? "");

  function notOneOf(options: readonly unknown[]): readonly SettingsProblem[] {
    const near = typeof given === "string" ? nearestName(given, options.map(String)) : undefined;
    return found(
      `takes ${options
        .map(String)
        .join(", ")
        .replace(/, ([^,]*)$/, " or $1")}, not ${shown(given)}`,
      words ?? oneOf(options),
      near,
    );
  }
}

function unknownField(
  path: readonly PropertyKey[],
  own: string | undefined,
  fields: readonly string[],
): SettingsProblem {
  const name = String(path.at(-1));
  const near = nearestName(name, fields);
  return {
    path,
    isKey: true,
    problem: own ?? `there is no field ${JSON.stringify(name)}`,
    remedy: own !== undefined || fields.length === 0 ? "Remove it." : `Known here: ${fields.join(", ")}.`,
    ...(near !== undefined && { suggestion: near }),
  };
}

/** The branch of a union that was meant: the one that takes a value of this sort. */
function nearestBranch(errors: readonly (readonly z.core.$ZodIssue[])[], given: unknown): readonly z.core.$ZodIssue[] {
  const isOfAnotherSort = ({ path, code }: z.core.$ZodIssue): boolean =>
    path.length === 0 && (code === "invalid_type" || (code === "invalid_value" && typeof given === "object"));
  return errors.find((issues) => !issues.some(isOfAnotherSort)) ?? errors[0] ?? [];
}

/** The kinds of a union that is told apart by a field. */
function kindsOf(issue: z.core.$ZodIssueInvalidUnion): readonly unknown[] {
  return "options" in issue && Array.isArray(issue.options) ? issue.options : [];
}

function oneOf(options: readonly unknown[]): string {
  return `Give one of ${options.map(String).join(", ")}.`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "fields, each with a name",
  record: "fields, each with a name",
  array: "a list",
};

/** A value for a message: short, and nothing in it that could steer a terminal. */
function shown(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "fields with names";
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
