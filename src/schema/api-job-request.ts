import { z } from "zod";
import { JobDependency } from "./stored-job.ts";

/** Slurm's own bound of a batch script, `max_script_size` (slurm.conf(5)), which is 4 MiB where a site has not set it. */
export const maxScriptBytes = 4 * 1024 * 1024;

/** The most jobs of one batch. */
export const maxBatch = 1_000;

const Text = z.string().refine((text) => !text.includes("\0"), "holds a NUL byte, which no command line can carry");
const Word = Text.max(131_072, "is longer than 128 KiB, the bound of one word of a command line");

/** Names as Kubernetes and Prometheus have them, so that labels fit elsewhere too. */
export const LabelName = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._/-]{0,126}[A-Za-z0-9])?$/, "takes letters, digits and . _ / - between them");
export const LabelValue = Text.max(256);

const VariableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not the name of a variable: letters, digits and _, no digit first");

/** The fields of a job that are Sluice's own; sbatch's options stand beside them. */
export const jobRequestShape = {
  cluster: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe("The cluster that takes it; the configured default, or the only one, where left out."),
  name: Text.min(1).max(256).optional().describe("What the job is called."),
  script: z
    .string()
    .min(1)
    .max(maxScriptBytes, "is longer than 4 MiB, Slurm's own bound of a script")
    // For who makes requests from the description; what is wrong with a script is said by its reader, with line and column.
    .meta({ pattern: "^#!" })
    .optional()
    .describe("The text of a batch script, from its `#!` line on."),
  command: z
    .array(Word)
    .min(1)
    .max(10_000)
    .readonly()
    .optional()
    .describe("Instead of a script: a program and its arguments, word by word; no shell reads them."),
  args: z.array(Word).max(10_000).readonly().optional().describe("Arguments of the script."),
  env: z.record(VariableName, Word).optional().describe("Variables that the job gets."),
  cwd: Text.startsWith("/", "takes an absolute path")
    .max(4_096)
    .optional()
    .describe("Absolute path of the folder where the job starts."),
  labels: z.record(LabelName, LabelValue).optional().describe("Names and values to find it by."),
  dependencies: z
    .strictObject({
      needs: z.enum(["all", "any"]).default("all"),
      on: z.array(JobDependency).min(1).max(1_000).readonly(),
    })
    .optional()
    .describe("What the job waits for, by Sluice's ids."),
};

/** What can be changed of a job that the scheduler has. */
export const JobPatch = z
  .strictObject({
    /** As sbatch's --time. */
    timeLimit: z.string().min(1).max(64).optional(),
    priority: z
      .int()
      .min(0)
      .max(2 ** 32 - 3)
      .optional(),
  })
  .refine(
    ({ timeLimit, priority }) => timeLimit !== undefined || priority !== undefined,
    "nothing to change: give timeLimit or priority",
  );

/** A signal for the job's processes: `USR1`, `SIGTERM`, `10`. */
export const SignalRequest = z.strictObject({
  signal: z.string().regex(/^(SIG)?[A-Z][A-Z0-9]{1,7}$|^[1-9][0-9]?$/, "takes a name such as USR1, or a number"),
});
