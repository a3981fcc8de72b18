import type { BatchOption } from "../batch/batch-option.ts";
import type { BatchOptionName } from "../batch/option-table.ts";
import type { GivenOption } from "../batch/read-options.ts";
import { parseTimeLimit, toWholeMinutes } from "../values/duration.ts";
import { parseMemoryMb } from "../values/memory.ts";
import { parseNodeRange } from "../values/node-range.ts";
import { restInfinite, restNumber } from "./rest-number.ts";
import type { RestVersion } from "./rest-version.ts";

type Fields = Readonly<Record<string, unknown>>;

/** How one of sbatch's options is said to slurmrestd; left out where a dialect cannot say it as sbatch would. */
interface RestOption {
  /** The key of v0.0.38, which takes the option's own words; `true` stands for an option without a value. */
  readonly word?: string;
  /** What v0.0.38 takes where the option's value is left out. */
  readonly bare?: string | true;
  /** The fields of a `job_desc_msg`; `undefined` for a value that they cannot hold. */
  readonly field?: (value: string, version: RestVersion) => Fields | undefined;
  /** v0.0.38 reads the option otherwise than sbatch unless one of these stands beside it. */
  readonly beside?: readonly BatchOptionName[];
  /** Variables that sbatch itself, not slurmd, gives to a job that has the option. */
  readonly variables?: readonly string[] | ((value: string, version: RestVersion) => Readonly<Record<string, string>>);
}

/** Options that are no matter of slurmctld's: they say how sbatch itself behaves, or have been seen to before. */
const settled: ReadonlySet<string> = new Set(["chdir", "ignore-pbs", "parsable", "quiet", "verbose", "wait"]);

/** The names are those of the option table; whatever is not here goes by sbatch. */
const table: { readonly [K in BatchOptionName]?: RestOption } = {
  // Names and texts.
  "job-name": { word: "name", field: text("name") },
  account: { word: "account", field: text("account") },
  qos: { word: "qos", field: text("qos") },
  partition: { word: "partition", field: text("partition") },
  comment: { word: "comment", field: text("comment") },
  wckey: { word: "wckey", field: text("wckey") },
  reservation: { word: "reservation", field: text("reservation") },
  licenses: { word: "licenses", field: text("licenses") },
  constraint: { word: "constraints", field: text("constraints") },
  "mail-user": { word: "mail_user", field: text("mail_user") },
  "mcs-label": { word: "mcs_label", field: text("mcs_label") },
  prefer: { field: text("prefer") },
  extra: { field: text("extra") },

  // What it runs after, how often, and for how long.
  array: { word: "array", field: text("array") },
  dependency: { word: "dependency", field: text("dependency"), variables: ["SLURM_JOB_DEPENDENCY"] },
  time: { word: "time_limit", field: minutes("time_limit") },
  "time-min": { word: "time_minimum", field: minutes("time_minimum") },
  hold: { word: "hold", field: () => ({ hold: true }) },
  requeue: { word: "requeue", bare: true, field: (value) => (value === "" ? { requeue: true } : undefined) },
  "no-requeue": { word: "no_requeue", field: () => ({ requeue: false }) },
  nice: { word: "nice", bare: "100", field: (value) => ({ nice: value === "" ? 100 : Number(value) }) },
  begin: { word: "begin_time" },
  deadline: { word: "deadline" },
  "kill-on-invalid-dep": { word: "kill_on_invalid_dependency" },

  // Files.
  output: { word: "standard_output", field: text("standard_output") },
  error: { word: "standard_error", field: text("standard_error") },
  input: { word: "standard_input", field: text("standard_input") },

  // Nodes, tasks, processors and memory.
  nodes: { word: "nodes", field: nodes, beside: ["ntasks", "ntasks-per-node"] },
  ntasks: { word: "tasks", field: count("tasks"), variables: ["SLURM_NTASKS", "SLURM_NPROCS"] },
  "cpus-per-task": { word: "cpus_per_task", field: cpusPerTask, variables: cpuVariables },
  "ntasks-per-node": {
    word: "tasks_per_node",
    field: count("tasks_per_node"),
    beside: ["ntasks", "nodes"],
    variables: ["SLURM_NTASKS_PER_NODE"],
  },
  "ntasks-per-socket": { word: "tasks_per_socket" },
  "ntasks-per-core": { word: "tasks_per_core" },
  mem: { word: "memory_per_node", field: megabytes("memory_per_node") },
  "mem-per-cpu": { word: "memory_per_cpu", field: megabytes("memory_per_cpu") },
  mincpus: { word: "minimum_cpus_per_node", field: count("minimum_cpus_per_node") },
  tmp: { word: "temporary_disk_per_node", field: (value) => ({ temporary_disk_per_node: parseMemoryMb(value) }) },
  nodelist: { word: "nodelist", field: hosts("required_nodes") },
  exclude: { word: "exclude_nodes", field: hosts("excluded_nodes") },
  exclusive: { word: "exclusive", bare: "exclusive", field: sharing((value) => (value === "" ? "none" : value)) },
  oversubscribe: { field: sharing(() => "oversubscribe") },
  contiguous: { field: () => ({ contiguous: true }) },

  // GPUs and other generic resources.
  gres: { word: "gres", field: tres("tres_per_node", "gres/") },
  gpus: { word: "gpus", field: tres("tres_per_job", "gres/gpu:"), variables: ["SLURM_GPUS"] },
  "gpus-per-node": {
    word: "gpus_per_node",
    field: tres("tres_per_node", "gres/gpu:"),
    variables: ["SLURM_GPUS_PER_NODE"],
  },
  "gpus-per-task": { word: "gpus_per_task" },
  "cpus-per-gpu": { word: "cpus_per_gpu" },
  "mem-per-gpu": { word: "memory_per_gpu" },
};

/** What options are in a version's words, with the variables that go with them, and which of them it cannot say. */
export function restOptions(
  version: RestVersion,
  options: readonly GivenOption[],
): {
  readonly fields: Fields;
  readonly variables: Readonly<Record<string, string>>;
  readonly unsaid: readonly string[];
} {
  const fields: Record<string, unknown> = {};
  const variables: Record<string, string> = {};
  const unsaid: string[] = [];
  const given = new Set(options.map(({ option }) => option.name));
  for (const { option, value = "" } of options) {
    if (settled.has(option.name)) continue;
    const row = find(option.name);
    const said = row === undefined ? undefined : say(row, option, value, version, given);
    // Two options that write one field, as --gres and --gpus-per-node do, sbatch puts together by rules of its own.
    if (said === undefined || Object.keys(said).some((key) => key in fields)) unsaid.push(option.name);
    else Object.assign(fields, said);
    const { variables: own = [] } = row ?? {};
    if (typeof own === "function") Object.assign(variables, own(value, version));
    else for (const name of own) variables[name] = value;
  }
  return { fields, variables, unsaid };
}

function say(
  { word, bare, field, beside }: RestOption,
  { takes }: BatchOption,
  value: string,
  version: RestVersion,
  given: ReadonlySet<string>,
): Fields | undefined {
  if (version.options === "fields") return field?.(value, version);
  if (word === undefined || (beside !== undefined && !beside.some((name) => given.has(name)))) return undefined;
  if (value !== "") return { [word]: value };
  // sbatch reads an empty value as none; v0.0.38 refuses it.
  const without = takes === "nothing" ? true : bare;
  return without === undefined ? undefined : { [word]: without };
}

function find(name: string): RestOption | undefined {
  const rows: Readonly<Record<string, RestOption | undefined>> = table;
  return Object.hasOwn(rows, name) ? rows[name] : undefined;
}

type Field = NonNullable<RestOption["field"]>;

function text(name: string): Field {
  return (value) => ({ [name]: value });
}

function count(name: string): Field {
  return (value) => ({ [name]: Number(value) });
}

function cpuVariables(value: string, { sbatch2411 }: RestVersion): Readonly<Record<string, string>> {
  return { SLURM_CPUS_PER_TASK: value, ...(sbatch2411 && { SLURM_TRES_PER_TASK: `cpu=${Number(value)}` }) };
}

/** From 24.11 sbatch says it twice, and srun inside the job reads the second. */
function cpusPerTask(value: string, { sbatch2411 }: RestVersion): Fields {
  return { cpus_per_task: Number(value), ...(sbatch2411 && { tres_per_task: `cpu=${Number(value)}` }) };
}

function minutes(name: string): Field {
  return (value) => {
    const limit = parseTimeLimit(value);
    return { [name]: limit === "unlimited" ? restInfinite : restNumber(toWholeMinutes(limit)) };
  };
}

function megabytes(name: string): Field {
  return (value) => ({ [name]: restNumber(parseMemoryMb(value)) });
}

/** One count or range; the lists and steps that came with 23.02 go by sbatch. */
function nodes(value: string): Fields | undefined {
  if (/[,:]/.test(value)) return undefined;
  const { min, max } = parseNodeRange(value);
  return { minimum_nodes: min, maximum_nodes: max };
}

/** A hostlist; the name of a file is sbatch's to read. */
function hosts(name: string): Field {
  return (value) => (value === "" || value.includes("/") ? undefined : { [name]: [value] });
}

function sharing(word: (value: string) => string): Field {
  return (value, { shared }) => (shared ? { shared: [word(value.toLowerCase())] } : undefined);
}

/** `gpu:2,lic` as `gres/gpu:2,gres/lic`, and the counts of `--gpus` and its like after the name. */
function tres(name: string, prefix: string): Field {
  return (value) => {
    if (value === "" || /^none$/i.test(value)) return undefined;
    const parts = value.split(",").map((part) => `${prefix}${part.replace("=", ":")}`);
    return { [name]: parts.join(",") };
  };
}
