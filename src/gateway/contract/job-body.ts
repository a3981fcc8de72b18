import { z } from "zod";
import type { JobRequest } from "../../jobs/job-service.ts";
import { jobRequestShape, maxBatch } from "../../schema/api-job-request.ts";
import { defined } from "../../schema/defined.ts";
import type { BatchOption } from "../../slurm/batch/batch-option.ts";
import { toCamelCase } from "../../slurm/batch/camel-case.ts";
import { nearestName } from "../../slurm/batch/nearest-name.ts";
import { batchOptions, type BatchOptionName } from "../../slurm/batch/option-table.ts";

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** Options of sbatch that ask for something else than a job, that a field of Sluice's own stands for, or that change who runs it. */
const withoutField: ReadonlySet<string> = new Set<BatchOptionName>([
  "chdir",
  "cluster-constraint",
  "clusters",
  "gid",
  "help",
  "job-name",
  "parsable",
  "quiet",
  "test-only",
  "uid",
  "usage",
  "verbose",
  "version",
  "wait",
  "wrap",
]);

/** sbatch's options that a job's body takes, by their names there. */
export const optionFields: ReadonlyMap<string, BatchOption> = new Map(
  batchOptions.filter(({ name }) => !withoutField.has(name)).map((option) => [toCamelCase(option.name), option]),
);

const Value = z.union([z.string().max(131_072), z.number()]);

function fieldOf({ takes, help, since, removed }: BatchOption): z.ZodType<string | number | boolean> {
  const value = takes === "nothing" ? z.boolean() : takes === "optional" ? z.union([z.boolean(), Value]) : Value;
  const releases = [since && `from Slurm ${since}`, removed && `until ${removed}`].filter(Boolean).join(", ");
  return value.describe(releases === "" ? help : `${help} (${releases})`);
}

type OptionValues = Partial<Record<CamelCase<BatchOptionName>, string | number | boolean>>;

const optionShape = Object.fromEntries([...optionFields].map(([name, option]) => [name, fieldOf(option).optional()]));

const ownFields = Object.keys(jobRequestShape);
const allFields = [...ownFields, ...optionFields.keys()];

const Fields = z.strictObject(
  { ...optionShape, ...jobRequestShape },
  {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return undefined;
      const [name = ""] = issue.keys;
      const near = nearestName(name, allFields);
      return `knows no field ${JSON.stringify(name.slice(0, 64))}${near === undefined ? "" : `; did you mean ${near}?`}`;
    },
  },
);

/** A job as a client asks for it: Sluice's own fields, and beside them sbatch's options by their long names in camelCase. */
export const JobBody: z.ZodType<JobBody, JobBodyInput> = Fields.superRefine(
  ({ script, command, args }: JobBody, context) => {
    const fail = (message: string, field: string): void => {
      context.addIssue({ code: "custom", path: [field], message });
    };
    if (script === undefined && command === undefined) fail("give a script, or a command", "script");
    if (script !== undefined && command !== undefined) fail("give either a script or a command, not both", "command");
    if (args !== undefined && command !== undefined) fail("a command has its arguments in itself", "args");
  },
).meta({ oneOf: [{ required: ["script"] }, { required: ["command"] }] });
type Own = z.ZodObject<typeof jobRequestShape>;
export type JobBody = z.output<Own> & OptionValues;
export type JobBodyInput = z.input<Own> & OptionValues;

/** Keys that clients make; printable, so that they can stand in a header and in a log. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, "takes 1 to 255 printable ASCII characters without blanks");

/** The job as the engine takes it. */
export function toJobRequest(body: JobBody, idempotencyKey?: string): JobRequest {
  const { cluster, name, script, command, args, env, cwd, labels, dependencies, ...rest } = body;
  const options = defined(rest);
  return defined({
    cluster,
    name,
    script,
    command,
    args,
    labels,
    dependencies,
    environment: env,
    workDirectory: cwd,
    ...(Object.keys(options).length > 0 && { options }),
    idempotencyKey,
  });
}

/**
 * Several jobs at once. Each is a `JobBody` with an `idempotencyKey` of its own beside, and is checked and answered for
 * itself: one that is wrong does not hinder the others.
 */
export const BatchBody = z.strictObject({
  jobs: z
    .array(z.record(z.string(), z.unknown()).describe("A JobBody, with an idempotencyKey of its own where it has one"))
    .min(1)
    .max(maxBatch, `takes at most ${maxBatch} jobs at once`)
    .readonly(),
});
