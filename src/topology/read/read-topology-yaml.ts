import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { readHosts } from "./read-hosts.ts";
import type { WrittenBlock, WrittenFile, WrittenProblem, WrittenSwitch, WrittenTopology } from "./written-topology.ts";

/**
 * Reads a `topology.yaml` (topology.yaml(5), Slurm 25.05 and newer): a list of topologies, each a tree, blocks or flat. What
 * has another shape is a problem, and the rest is read all the same.
 */
export function readTopologyYaml(text: string): WrittenFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "error" });
  const reader = new Reader(lines);
  for (const { pos, message } of document.errors) reader.refuse(pos[0], message.split("\n")[0] ?? message);
  const list: unknown = document.contents;
  if (list === null) return { topologies: [], problems: reader.problems };
  if (document.errors.length > 0) return { topologies: [], problems: reader.problems };
  const topologies = reader.maps(list, "the file").flatMap((map) => reader.topology(map));
  return { topologies, problems: reader.problems };
}

/** Reads nodes of the document and keeps what is wrong with them, each with its line. */
class Reader {
  readonly problems: WrittenProblem[] = [];
  readonly #lines: LineCounter;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  refuse(offset: number | undefined, problem: string): void {
    this.problems.push({ line: this.#lineAt(offset), problem });
  }

  /** The mappings of a sequence. */
  maps(node: unknown, what: string): readonly YAMLMap[] {
    if (!isSeq(node)) {
      this.refuse(offsetOf(node), `${what} must be a list`);
      return [];
    }
    return node.items.flatMap((item) => {
      if (isMap(item)) return [item];
      this.refuse(offsetOf(item), `an entry of ${what} must be a mapping`);
      return [];
    });
  }

  topology(map: YAMLMap): readonly WrittenTopology[] {
    this.#known(map, ["topology", "cluster_default", "tree", "block", "flat"]);
    const name = this.#text(map, "topology");
    if (name === undefined) {
      this.refuse(offsetOf(map), "a topology has no name (topology: NAME)");
      return [];
    }
    const common = {
      name,
      line: this.#lineAt(offsetOf(map)),
      clusterDefault: this.#text(map, "cluster_default")?.toLowerCase() === "true",
      switches: [],
      blocks: [],
      blockSizes: [],
    };
    const kinds = ["tree", "block", "flat"].filter((kind) => map.has(kind));
    if (kinds.length !== 1) {
      this.refuse(offsetOf(map), `topology ${name} must be one of tree, block and flat`);
      return [];
    }
    if (kinds[0] === "flat") return [{ ...common, plugin: "topology/flat" }];
    const inner: unknown = map.get(kinds[0], true);
    if (!isMap(inner)) {
      this.refuse(offsetOf(inner) ?? offsetOf(map), `${kinds[0]} of topology ${name} must be a mapping`);
      return [];
    }
    return kinds[0] === "tree"
      ? [{ ...common, plugin: "topology/tree", switches: this.#switches(inner) }]
      : [{ ...common, plugin: "topology/block", blocks: this.#blocks(inner), blockSizes: this.#sizes(inner) }];
  }

  #switches(tree: YAMLMap): readonly WrittenSwitch[] {
    this.#known(tree, ["switches"]);
    return this.maps(tree.get("switches", true), "switches").flatMap((map) => {
      this.#known(map, ["switch", "children", "nodes", "link_speed"]);
      const name = this.#name(map, "switch");
      const line = this.#lineAt(offsetOf(map));
      return name === undefined
        ? []
        : [{ name, line, switches: this.#hosts(map, "children"), nodes: this.#hosts(map, "nodes") }];
    });
  }

  #blocks(block: YAMLMap): readonly WrittenBlock[] {
    this.#known(block, ["block_sizes", "blocks"]);
    return this.maps(block.get("blocks", true), "blocks").flatMap((map) => {
      this.#known(map, ["block", "nodes"]);
      const name = this.#name(map, "block");
      return name === undefined ? [] : [{ name, line: this.#lineAt(offsetOf(map)), nodes: this.#hosts(map, "nodes") }];
    });
  }

  #sizes(block: YAMLMap): readonly number[] {
    const sizes: unknown = block.get("block_sizes", true);
    if (sizes === undefined) return [];
    const items: readonly unknown[] = isSeq(sizes) ? sizes.items : [sizes];
    return items.flatMap((item) => {
      const text = textOf(item) ?? "";
      if (/^\d{1,9}$/.test(text)) return [Number(text)];
      this.refuse(offsetOf(item), "block_sizes takes whole numbers");
      return [];
    });
  }

  #name(map: YAMLMap, key: string): string | undefined {
    const name = this.#text(map, key);
    if (name === undefined) this.refuse(offsetOf(map), `a ${key} has no name (${key}: NAME)`);
    return name;
  }

  #hosts(map: YAMLMap, key: string): readonly string[] {
    const node: unknown = map.get(key, true);
    const text = this.#text(map, key);
    return text === undefined ? [] : readHosts(text, this.#lineAt(offsetOf(node)), this.problems);
  }

  /** A scalar as it was written: a node may be called 1101. */
  #text(map: YAMLMap, key: string): string | undefined {
    const node: unknown = map.get(key, true);
    if (node === undefined) return undefined;
    const text = textOf(node);
    if (text === undefined) this.refuse(offsetOf(node), `${key} must be text`);
    return text;
  }

  #known(map: YAMLMap, keys: readonly string[]): void {
    for (const { key } of map.items) {
      const text = textOf(key) ?? "";
      if (!keys.includes(text)) this.refuse(offsetOf(key), `${JSON.stringify(text)} is not known here`);
    }
  }

  #lineAt(offset: number | undefined): number {
    return offset === undefined ? 1 : this.#lines.linePos(offset).line;
  }
}

function textOf(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  if (typeof node.value === "string") return node.value;
  return node.value === null ? undefined : node.source;
}

function offsetOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return undefined;
  const [start]: readonly unknown[] = node.range;
  return typeof start === "number" ? start : undefined;
}
