import { z } from "zod";
import { endStates } from "../schema/job-state.ts";
import { parseArraySpec } from "../slurm/values/array-spec.ts";
import { parseTimeLimit } from "../slurm/values/duration.ts";
import { expandHostlist } from "../slurm/values/hostlist.ts";

/** Text in a notation of Slurm's that has a reader here. */
function readBy(read: (text: string) => unknown, what: string) {
  return z.string().superRefine((text, issue) => {
    try {
      read(text);
    } catch (error) {
      issue.addIssue({ code: "custom", message: `takes ${what}: ${error instanceof Error ? error.message : "wrong"}` });
    }
  });
}

const Hostlist = readBy((text) => expandHostlist(text, { limit: 10_000 }), "a hostlist such as cpu-[1-4]");

const passing = ["pending", "running", "suspended", "completing"] as const;
const ends = [...endStates, "never"] as const;

const PassingState = z.enum(passing);

const Step = z.union([
  PassingState,
  z.strictObject({
    state: PassingState.describe("The state"),
    polls: z.int().min(1).optional().describe("How many looks at the job show it in this state; 1 where left out"),
    seconds: z.number().min(0).optional().describe("How long the state lasts, instead of a number of looks"),
    reason: z.string().optional().describe("The scheduler's reason while it lasts: Resources, Priority, …"),
    stdout: z.string().optional().describe("What the job prints when it gets there"),
    stderr: z.string().optional().describe("The same on standard error"),
  }),
]);

/** What becomes of the jobs that it is for. */
export const Outcome = z.strictObject({
  name: z.string().min(1).optional().describe("For jobs of this name; * and ? stand for any characters and any one"),
  contains: z.string().min(1).optional().describe("For jobs whose script has this text in it"),
  tasks: readBy(parseArraySpec, "tasks as --array does")
    .optional()
    .describe("For these tasks of an array, as in --array: 0-3,7"),
  states: z
    .array(Step)
    .readonly()
    .optional()
    .describe("The states before the end; pending, running where left out. Pending after running is a requeue"),
  ends: z
    .enum(ends)
    .optional()
    .describe("How it ends; completed where left out, failed with an exit code or a signal; never: it stays as it is"),
  exit_code: z.int().min(0).max(255).optional().describe("The exit status of its script"),
  signal: z.int().min(1).max(64).optional().describe("The number of the signal that ends its script"),
  reason: z.string().optional().describe("The scheduler's reason at the end: TimeLimit, OutOfMemory, …"),
  stdout: z.string().optional().describe("What it prints before it ends"),
  stderr: z.string().optional().describe("The same on standard error"),
});
export type Outcome = z.infer<typeof Outcome>;

/** The requests to a cluster, by what they are for. */
export const requestGroups = ["submit", "find", "look", "act", "output", "other"] as const;
export type RequestGroup = (typeof requestGroups)[number];

const times = z.int().min(1).optional().describe("How often; for ever where left out");
const after = z.int().min(0).optional().describe("How many requests that it is for go well before");

const faultMeaning =
  "What goes wrong. refuse: submissions are refused, as sbatch refuses what the cluster cannot do. unreachable: the cluster " +
  "does not answer, and nothing has happened there. lose-answer: a job is taken, and the answer is lost on its way";
const faultOf = <Name extends string>(name: Name): z.ZodLiteral<Name> => z.literal(name).describe(faultMeaning);

/** Something that goes wrong. */
export const Fault = z.discriminatedUnion("fault", [
  z.strictObject({
    fault: faultOf("refuse"),
    name: z.string().min(1).optional().describe("Jobs of this name, with * and ?; all where left out"),
    message: z.string().min(1).optional().describe("The scheduler's words"),
    after,
    times,
  }),
  z.strictObject({
    fault: faultOf("unreachable"),
    to: z
      .enum(requestGroups)
      .optional()
      .describe(
        "Does not answer requests of this kind alone: look is a look at the queue or a job, act a cancel, hold or the like, output a read of " +
          "it; all where left out",
      ),
    after,
    times,
  }),
  z.strictObject({ fault: faultOf("lose-answer"), after, times }),
]);
export type Fault = z.infer<typeof Fault>;

const MockNode = z.strictObject({
  name: Hostlist.describe("One node, or several alike as a hostlist"),
  cpus: z.int().min(1).optional().describe("CPUs of each; 8 where left out"),
  memory_mb: z.int().min(1).optional().describe("Memory of each in MiB; 16384 where left out"),
  gres: z.string().min(1).optional().describe("Generic resources: gpu:a100:4"),
  features: z.array(z.string().min(1)).readonly().optional().describe("Features of each"),
  state: z.string().min(1).optional().describe("As sinfo shows it: idle, mixed, idle+drain, down; idle where left out"),
  reason: z.string().min(1).optional().describe("Why it is down or drained"),
});

const MockPartition = z.strictObject({
  name: z.string().min(1).describe("The partition's name"),
  nodes: Hostlist.optional().describe("A hostlist; all nodes where left out"),
  max_time: readBy(parseTimeLimit, "a time as --time does").optional().describe("The longest time of a job, as --time"),
  state: z.enum(["up", "down", "drain", "inactive"]).optional().describe("Whether jobs start in it; up where left out"),
});

/** What a cluster of kind `mock` is told in `sluice.yaml`. */
export const mockSettings = {
  outcomes: z
    .array(Outcome)
    .readonly()
    .optional()
    .describe("What becomes of jobs, the first that fits; all complete where none does"),
  faults: z.array(Fault).readonly().optional().describe("What goes wrong"),
  nodes: z.array(MockNode).min(1).readonly().optional().describe("Its nodes; node-[1-2] where left out"),
  partitions: z
    .array(MockPartition)
    .min(1)
    .readonly()
    .optional()
    .describe("Its partitions, the first of which is the default; mock with all nodes where left out"),
} as const;
/** The names of a hostlist; none of one that is refused already. */
function namesIn(hostlist: string): readonly string[] {
  return Hostlist.safeParse(hostlist).success ? expandHostlist(hostlist) : [];
}

/** Nodes have one name each, and partitions have nodes that there are. */
export function checkMockNodes(
  { nodes, partitions }: Pick<MockSettings, "nodes" | "partitions">,
  issue: z.RefinementCtx,
): void {
  const known = new Set<string>();
  for (const [at, { name }] of (nodes ?? [{ name: "node-[1-2]" }]).entries()) {
    for (const node of namesIn(name)) {
      if (known.has(node))
        issue.addIssue({ code: "custom", path: ["nodes", at, "name"], message: `has ${node} twice` });
      known.add(node);
    }
  }
  for (const [at, partition] of (partitions ?? []).entries()) {
    const missing = namesIn(partition.nodes ?? "").find((node) => !known.has(node));
    if (missing === undefined) continue;
    issue.addIssue({
      code: "custom",
      path: ["partitions", at, "nodes"],
      message: `has ${missing}, which is no node of the cluster`,
    });
  }
}

export const MockSettings = z.strictObject(mockSettings);
export type MockSettings = z.infer<typeof MockSettings>;
