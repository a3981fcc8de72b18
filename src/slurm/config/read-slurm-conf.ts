import { SluiceError } from "../../errors.ts";
import { expandHostlist } from "../values/hostlist.ts";
import { readConfLines, type ConfLine } from "./conf-lines.ts";

/** A node as slurm.conf defines it; what the file leaves to Slurm is absent. */
export interface ConfNode {
  readonly name: string;
  readonly line: number;
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
  readonly cpus?: number;
  readonly memoryMb?: number;
  /** As written: `gpu:fake:4`. */
  readonly gres?: string;
  readonly features: readonly string[];
}

export interface ConfPartition {
  readonly name: string;
  readonly line: number;
  readonly nodes: readonly string[];
  readonly isDefault: boolean;
  /** As written: `1:00:00`, `INFINITE`. */
  readonly maxTime?: string;
}

/** What a slurm.conf that a user may have edited says of the things Sluice must know. */
export interface SlurmConf {
  readonly clusterName?: string;
  /** The first, where there is a range. */
  readonly slurmctldPort?: number;
  readonly nodes: readonly ConfNode[];
  readonly partitions: readonly ConfPartition[];
  /** Every other key, in lower case, with the value that counts: the last. */
  readonly settings: ReadonlyMap<string, string>;
  /** Lines that Slurm may understand and this reader does not, such as `Include`. */
  readonly unread: readonly { readonly line: number; readonly text: string }[];
}

type Fields = ReadonlyMap<string, string>;

/**
 * Reads slurm.conf(5): comments, continued lines, keys in any case, hostlists, `NodeName=DEFAULT` and
 * `PartitionName=DEFAULT`. It is not a check: Slurm says what it refuses, and unknown keys stand in `settings`.
 * Throws `CONFIG_INVALID` with the line where a hostlist or a number that is needed cannot be read.
 */
export function readSlurmConf(text: string): SlurmConf {
  const nodes: ConfNode[] = [];
  const partitions: { line: number; fields: Fields }[] = [];
  const settings = new Map<string, string>();
  const unread: { line: number; text: string }[] = [];
  let nodeDefaults: Fields = new Map();
  let partitionDefaults: Fields = new Map();

  for (const confLine of readConfLines(text)) {
    const { line, pairs, rest } = confLine;
    if (rest !== "") unread.push({ line, text: rest });
    const fields = fieldsOf(confLine);
    const kind = pairs[0]?.key.toLowerCase();
    if (kind === "nodename") {
      const all = new Map([...nodeDefaults, ...fields]);
      if (fields.get(kind) === "DEFAULT") nodeDefaults = all;
      else nodes.push(...readNodes(all, line));
    } else if (kind === "partitionname") {
      const all = new Map([...partitionDefaults, ...fields]);
      if (fields.get(kind) === "DEFAULT") partitionDefaults = all;
      else partitions.push({ line, fields: all });
    } else {
      for (const [key, value] of fields) settings.set(key, value);
    }
  }

  const port = settings.get("slurmctldport");
  return {
    ...present("clusterName", settings.get("clustername")),
    ...present("slurmctldPort", port === undefined ? undefined : Number.parseInt(port, 10)),
    nodes,
    partitions: partitions.map(({ line, fields }) => readPartition(fields, line, nodes)),
    settings,
    unread,
  };
}

function readNodes(fields: Fields, line: number): readonly ConfNode[] {
  const names = hosts("NodeName", fields.get("nodename") ?? "", line);
  const perNode = (key: string, field: string) => {
    const value = fields.get(field);
    if (value === undefined) return () => undefined;
    const values = hosts(key, value, line);
    return (i: number) => (values.length === names.length ? values[i] : values[0]);
  };
  const hostname = perNode("NodeHostname", "nodehostname");
  const address = perNode("NodeAddr", "nodeaddr");
  const port = perNode("Port", "port");
  const shared = {
    ...present("cpus", cpusOf(fields, line)),
    ...present("memoryMb", number("RealMemory", fields.get("realmemory"), line)),
    ...present("gres", fields.get("gres")),
    features: (fields.get("feature") ?? fields.get("features") ?? "").split(",").filter((feature) => feature !== ""),
  };
  return names.map((name, i) => ({
    name,
    line,
    ...present("hostname", hostname(i)),
    ...present("address", address(i)),
    ...present("port", number("Port", port(i), line)),
    ...shared,
  }));
}

/** `CPUs` where it stands, otherwise the product of what is said of sockets, cores and threads. */
function cpusOf(fields: Fields, line: number): number | undefined {
  const cpus = number("CPUs", fields.get("cpus") ?? fields.get("procs"), line);
  if (cpus !== undefined) return cpus;
  const factors = ["boards", "socketsperboard", "sockets", "corespersocket", "threadspercore"].flatMap(
    (key) => number(key, fields.get(key), line) ?? [],
  );
  return factors.length === 0 ? undefined : factors.reduce((product, factor) => product * factor);
}

function readPartition(fields: Fields, line: number, nodes: readonly ConfNode[]): ConfPartition {
  const listed = fields.get("nodes") ?? "";
  return {
    name: fields.get("partitionname") ?? "",
    line,
    nodes: listed === "ALL" ? nodes.map(({ name }) => name) : hosts("Nodes", listed, line),
    isDefault: fields.get("default")?.toUpperCase() === "YES",
    ...present("maxTime", fields.get("maxtime")),
  };
}

function fieldsOf({ pairs }: ConfLine): Fields {
  return new Map(pairs.map(({ key, value }) => [key.toLowerCase(), value]));
}

function hosts(key: string, value: string, line: number): readonly string[] {
  if (value === "") return [];
  try {
    return expandHostlist(value);
  } catch (cause) {
    if (!(cause instanceof SluiceError)) throw cause;
    throw invalid(key, value, line, cause.message, cause);
  }
}

function number(key: string, value: string | undefined, line: number): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) throw invalid(key, value, line, "it is not a whole number");
  return Number(value);
}

function invalid(key: string, value: string, line: number, why: string, cause?: unknown): SluiceError {
  return new SluiceError(
    "CONFIG_INVALID",
    `slurm.conf line ${line}: ${key} cannot be ${JSON.stringify(value)}: ${why}; mend it there`,
    { cause, details: { file: "slurm.conf", line, field: key, value } },
  );
}

/** `{ [key]: value }`, or nothing where there is no value. */
function present<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key widens to string
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<Key, Value>>;
}
