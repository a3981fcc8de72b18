import { isMap, isNode, isScalar, LineCounter, parseDocument, stringify, visit, type Document, type Node } from "yaml";
import type { z } from "zod";
import { SluiceError } from "../errors.ts";
import { ClusterFile, clusterFileVersion } from "../schema/cluster-file.ts";
import { computeNodes } from "../schema/cluster-nodes.ts";
import { ClusterSpec } from "../schema/cluster-spec.ts";
import { topologyOfSwitches } from "../slurm/config/topology-conf.ts";
import { checkTopology } from "../topology/check/check-topology.ts";

const header = `# A Sluice test cluster. \`sluice cluster create --config cluster.yaml\` makes the same one again.
# The daemons read config/*.conf, which were written from this file once; edits there survive \`sluice cluster start\`.
`;

/** The text of `cluster.yaml`. */
export function writeClusterYaml(file: ClusterFile): string {
  return header + stringify(file, { lineWidth: 120, aliasDuplicateObjects: false });
}

/**
 * Reads `cluster.yaml`. `path` is for messages.
 *
 * Throws `CONFIG_INVALID` with line and column, also for a file of a newer Sluice.
 */
export function readClusterYaml(text: string, path: string): ClusterFile {
  const source = parse(text, path);
  checkVersion(source);
  return checked(source, ClusterFile, []);
}

/**
 * Reads the spec to make a cluster from: a whole `cluster.yaml`, or its `cluster:` part alone.
 *
 * Throws `CONFIG_INVALID` with line and column.
 */
export function readSpecYaml(text: string, path: string): ClusterSpec {
  const source = parse(text, path);
  checkVersion(source);
  const whole = isMap(source.document.contents) && source.document.contents.has("cluster");
  const spec = whole ? checked(source, ClusterSpec, ["cluster"]) : checked(source, ClusterSpec, []);
  checkReferences(spec, source, whole ? ["cluster"] : []);
  return spec;
}

interface Source {
  readonly path: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

function parse(text: string, path: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "error" });
  const source = { path, document, lines };
  const error = document.errors[0];
  if (error !== undefined) {
    throw errorAt(
      source,
      error.pos[0],
      `is not YAML: ${error.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "")}`,
    );
  }
  if (!isMap(document.contents)) throw errorAt(source, 0, "holds no settings; it must be a YAML mapping");
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      throw errorAt(source, alias.range?.[0] ?? 0, `is not YAML: no anchor "${alias.source}" stands before this alias`);
    },
  });
  return source;
}

function checkVersion(source: Source): void {
  const version = source.document.get("version");
  if (typeof version === "number" && version > clusterFileVersion) {
    throw atPath(
      source,
      ["version"],
      `was written by a newer Sluice (version ${version}; this one reads ${clusterFileVersion}); update Sluice`,
    );
  }
}

function checked<T>(source: Source, schema: z.ZodType<T>, prefix: readonly string[]): T {
  const node: unknown = source.document.getIn(prefix, true);
  const result = schema.safeParse(isNode(node) ? valueOf(node, source) : node);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = [...prefix, ...(issue?.path ?? [])];
  const message = [path.map(String).join("."), issue?.message ?? "is wrong"].filter((part) => part !== "").join(": ");
  const offset = issue?.code === "unrecognized_keys" ? keyOffset(source, path, issue.keys[0]) : undefined;
  throw offset === undefined ? atPath(source, path, message) : errorAt(source, offset, message);
}

/** Aliases of aliases may stand for more than any memory holds; the library counts them and gives up. */
function valueOf(node: Node, source: Source): unknown {
  try {
    return node.toJS(source.document);
  } catch (error) {
    throw errorAt(source, node.range?.[0] ?? 0, error instanceof Error ? error.message : String(error));
  }
}

/** Where a key itself stands, as against its value. */
function keyOffset(source: Source, path: readonly PropertyKey[], key: string | undefined): number | undefined {
  const map: unknown = path.length === 0 ? source.document.contents : source.document.getIn(path, true);
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined;
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}

/** Names that a schema of single fields cannot see to be wrong. */
function checkReferences(spec: ClusterSpec, source: Source, prefix: readonly string[]): void {
  const nodes = new Set<string>();
  spec.nodes.forEach((node, i) => {
    if (nodes.has(node.name))
      throw atPath(source, [...prefix, "nodes", i, "name"], `two nodes are called "${node.name}"`);
    nodes.add(node.name);
  });
  if (spec.nodes.every((node) => node.role === "controller")) {
    throw atPath(source, [...prefix, "nodes"], "has no node to run jobs on; add one of role compute or all-in-one");
  }
  if (spec.nodes.filter((node) => node.role !== "compute").length > 1) {
    throw atPath(
      source,
      [...prefix, "nodes"],
      "has more than one controller; one node alone is controller or all-in-one",
    );
  }
  checkSwitches(spec, source, prefix);
  const partitions = new Set<string>();
  spec.partitions.forEach((partition, i) => {
    const at = [...prefix, "partitions", i];
    if (partitions.has(partition.name))
      throw atPath(source, [...at, "name"], `two partitions are called "${partition.name}"`);
    partitions.add(partition.name);
    partition.nodes?.forEach((name, j) => {
      if (!nodes.has(name))
        throw atPath(
          source,
          [...at, "nodes", j],
          `partition "${partition.name}" names node "${name}", which does not exist`,
        );
    });
  });
  spec.nodes.forEach((node, i) =>
    node.partitions?.forEach((name, j) => {
      if (!partitions.has(name)) {
        throw atPath(
          source,
          [...prefix, "nodes", i, "partitions", j],
          `node "${node.name}" names partition "${name}", which does not exist`,
        );
      }
    }),
  );
}

/** The switches must be a tree that Slurm takes, with all nodes that run jobs below it. */
function checkSwitches(spec: ClusterSpec, source: Source, prefix: readonly string[]): void {
  if (spec.topology === undefined) return;
  const nodes = new Set(computeNodes(spec).map(({ name }) => name));
  const at = [...prefix, "topology", "switches"];
  const offsets = spec.topology.switches.map((_, i) => offsetAt(source, [...at, i]));
  const lines = offsets.map((offset) => source.lines.linePos(offset).line);
  const file = { topologies: [topologyOfSwitches(spec.topology.switches, lines)], problems: [] };
  const fault = checkTopology(file, nodes).find(({ severity }) => severity === "error");
  if (fault === undefined) return;
  const offset = fault.line === undefined ? undefined : offsets[lines.indexOf(fault.line)];
  throw errorAt(source, offset ?? offsetAt(source, at), fault.problem);
}

function atPath(source: Source, path: readonly PropertyKey[], message: string): SluiceError {
  return errorAt(source, offsetAt(source, path), message);
}

function offsetAt(source: Source, path: readonly PropertyKey[]): number {
  // A key that is missing has no place of its own: then its parent's is given.
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? source.document.contents : source.document.getIn(path.slice(0, length), true);
    if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)) {
      return Number(node.range[0]);
    }
  }
  return 0;
}

function errorAt(source: Source, offset: number, message: string): SluiceError {
  const { line, col } = source.lines.linePos(offset);
  return new SluiceError("CONFIG_INVALID", `${source.path}:${line}:${col}: ${message}`, {
    details: { file: source.path, line, column: col },
  });
}
