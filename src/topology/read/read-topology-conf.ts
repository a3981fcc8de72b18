import { readConfLines, type ConfLine } from "../../slurm/config/conf-lines.ts";
import { readHosts } from "./read-hosts.ts";
import type { WrittenBlock, WrittenFile, WrittenProblem, WrittenSwitch } from "./written-topology.ts";

/**
 * Reads a `topology.conf` (topology.conf(5)): switches with their children, or blocks and their sizes. What Slurm's own reader
 * would refuse is a problem, and the rest is read all the same. Whether the parts fit together is not asked here.
 *
 * What `scontrol show topology` prints is read too: there a switch above others also lists the nodes below those.
 */
export function readTopologyConf(text: string): WrittenFile {
  const problems: WrittenProblem[] = [];
  const switches: WrittenSwitch[] = [];
  const blocks: WrittenBlock[] = [];
  let blockSizes: readonly number[] = [];
  const physical = text.split("\n");
  for (const confLine of readConfLines(text)) {
    const { line, rest } = confLine;
    if (rest !== "") problems.push({ line, problem: `${JSON.stringify(rest)} is no Key=value` });
    const fields = fieldsOf(confLine, problems);
    const hosts = (key: string): readonly string[] => readHosts(fields.get(key) ?? "", line, problems);
    const [switchName, blockName, sizes] = ["switchname", "blockname", "blocksizes"].map((key) => fields.get(key));
    if (switchName !== undefined) {
      const label = labelAbove(physical[line - 2], switchName);
      const isShownAbove = fields.has("level") && fields.get("level") !== "0";
      const nodes = isShownAbove ? [] : hosts("nodes");
      switches.push({ name: switchName, line, ...label, switches: hosts("switches"), nodes });
    } else if (blockName !== undefined) {
      blocks.push({ name: blockName, line, ...labelAbove(physical[line - 2], blockName), nodes: hosts("nodes") });
    } else if (sizes !== undefined) {
      blockSizes = readSizes(sizes, line, problems);
    } else if (fields.size > 0) {
      problems.push({ line, problem: "the line names neither a switch nor a block" });
    }
  }
  const firstBlock = blocks[0]?.line;
  if (firstBlock !== undefined && switches.length > 0) {
    problems.push({ line: firstBlock, problem: "switches and blocks stand in one file; Slurm takes one or the other" });
  }
  const plugin = firstBlock !== undefined && switches.length === 0 ? "topology/block" : "topology/tree";
  return { topologies: [{ plugin, clusterDefault: true, switches, blocks, blockSizes, line: 1 }], problems };
}

const knownKeys = new Set(["switchname", "switches", "nodes", "linkspeed", "blockname", "blocksizes"]);
/** Of `scontrol show topology`. */
const shownKeys = new Set(["level", "blockindex", "blocksize"]);

function fieldsOf({ pairs, line }: ConfLine, problems: WrittenProblem[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const { key, value } of pairs) {
    const known = knownKeys.has(key.toLowerCase()) || shownKeys.has(key.toLowerCase());
    if (!known) problems.push({ line, problem: `Slurm knows no ${key} here` });
    else fields.set(key.toLowerCase(), value);
  }
  return fields;
}

function readSizes(text: string, line: number, problems: WrittenProblem[]): readonly number[] {
  return text.split(",").flatMap((size) => {
    if (/^\d{1,9}$/.test(size)) return [Number(size)];
    problems.push({ line, problem: `BlockSizes takes whole numbers, not ${JSON.stringify(size)}` });
    return [];
  });
}

/** What `# NAME=LABEL` says in the line before. */
function labelAbove(above: string | undefined, name: string): { readonly label?: string } {
  const start = `# ${name}=`;
  return above?.startsWith(start) === true ? { label: above.slice(start.length).trim() } : {};
}
