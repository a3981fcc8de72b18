import type { NamedTopology } from "../../topology/load-topology.ts";
import { compressNames } from "../../topology/names/compress-names.ts";
import { counted, fabricOf } from "../../topology/picture/fabric.ts";
import { columnsOf, shortened } from "../../topology/picture/svg-text.ts";
import { treeRows } from "../../topology/picture/tree-rows.ts";
import { visibleLine } from "../visible.ts";

export interface TreeTextOptions {
  /** Longest line; nothing is cut short where it is infinite. */
  readonly columns: number;
  readonly colour: boolean;
}

/** SGR codes of a terminal (ECMA-48): bold, faint, cyan. */
const styles = { name: 1, branch: 2, domains: 36 } as const;

/** A topology as a tree of lines: switches, how many nodes are below each, its own nodes, their domains. */
export function treeText(topology: NamedTopology, { columns, colour }: TreeTextOptions): string {
  const fabric = fabricOf(topology.graph);
  const rows = treeRows(fabric).map((row) => ({ ...row, name: visibleLine(row.name) }));
  const paint = (style: keyof typeof styles, text: string): string =>
    colour && text !== "" ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
  const widest = (pick: (row: (typeof rows)[number]) => string): number =>
    rows.reduce((width, row) => Math.max(width, columnsOf(pick(row))), 0);
  const names = Math.max(
    6,
    widest(({ branch, name }) => branch + name),
  );
  const counts = Math.max(
    5,
    widest(({ count }) => String(count)),
  );
  const left = Math.max(10, columns - names - counts - 6);
  const [allNodes, allDomains] = [
    widest(({ nodes }) => visibleLine(nodes)),
    widest(({ domains }) => visibleLine(domains)),
  ];
  // Domains have a third of the room, or what the nodes leave of it.
  const domainWidth = Math.min(allDomains, Math.max(10, Math.floor(left / 3), left - allNodes - 3));
  const nodeWidth = Math.min(allNodes, Math.max(10, left - (domainWidth === 0 ? 0 : domainWidth + 3)));
  const line = (cells: readonly (readonly [text: string, shown: string, width: number])[]): string =>
    `${cells
      .map(([text, shown, width]) => shown + " ".repeat(Math.max(0, width - columnsOf(text))))
      .join("   ")
      .trimEnd()}\n`;
  const plain = (text: string, width: number) => [text, text, width] as const;
  const lines = rows.map(({ branch, name, count, nodes, domains }) => {
    const [list, where] = [
      shortened(visibleLine(nodes), nodeWidth === 0 ? Infinity : nodeWidth),
      shortened(visibleLine(domains), domainWidth === 0 ? Infinity : domainWidth),
    ];
    return line([
      [branch + name, paint("branch", branch) + paint("name", name), names],
      plain(String(count).padStart(counts), counts),
      plain(list, nodeWidth),
      [where, paint("domains", where), domainWidth],
    ]);
  });
  const head = line([
    plain("SWITCH", names),
    plain("NODES".padStart(counts), counts),
    plain(nodeWidth === 0 ? "" : "NAMES", nodeWidth),
    plain(domainWidth === 0 ? "" : "DOMAINS", domainWidth),
  ]);
  const { switches } = fabric.layout;
  const sum = [
    counted(fabric.nodeCount, "node"),
    ...(switches.length === 0 ? [] : [counted(switches.length, "switch"), counted(fabric.tiers, "tier")]),
    ...(fabric.domains.length === 0 ? [] : [counted(fabric.domains.length, "accelerator domain")]),
    ...(topology.blockSizes.length === 0 ? [] : [`block sizes ${topology.blockSizes.join(", ")}`]),
  ];
  return `${visibleLine(topology.title)}: ${sum.join(", ")}\n${rows.length === 0 ? "" : `\n${head}${lines.join("")}`}`;
}

/** A topology for machines; names in full. */
export function treeJson({ title, plugin, blockSizes, graph }: NamedTopology): unknown {
  const { layout, domains } = fabricOf(graph);
  return {
    title,
    ...(plugin !== undefined && { plugin }),
    ...(blockSizes.length > 0 && { blockSizes }),
    switches: layout.switches.map(({ id, name, parent, nodes }) => ({
      id,
      ...(name !== "" && { name }),
      ...(parent !== undefined && { parent: parent.id }),
      nodes: nodes.map((node) => node.name),
    })),
    nodes: layout.nodes.length,
    domains: domains.map(({ name, nodes }) => ({ name, nodes: compressNames(nodes) })),
  };
}
