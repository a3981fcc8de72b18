import type { LaidNode, LaidSwitch, TreeLayout } from "../graph/layout-tree.ts";
import { nameList } from "../names/compress-names.ts";

export interface TreeOptions {
  /**
   * What stays true when nodes come and go: `true` leaves out the nodes, and switches that have nothing else; `"roots"`
   * writes the first switches by their names alone, as newer versions of Topograph do.
   */
  readonly skeleton?: boolean | "roots";
  /** Whether runs of names are written as ranges (`n[1-3]`); they are where this is left out. */
  readonly ranges?: boolean;
}

/** `topology.conf` for `topology/tree`: a line for a switch's switches and one for its nodes, breadth first. */
export function renderTree(layout: TreeLayout, options: TreeOptions = {}): string {
  if (options.skeleton === "roots") return layout.roots.map((root) => line(root, "")).join("");
  const ranges = options.ranges ?? true;
  const lines: string[] = [];
  for (const at of layout.switches) {
    if (at.switches.length > 0) lines.push(line(at, ` Switches=${nameList(at.switches.map(shownName), { ranges })}`));
    if (at.nodes.length > 0 && options.skeleton !== true) {
      lines.push(line(at, ` Nodes=${nameList(at.nodes.map(nodeName), { ranges })}`));
    }
  }
  return lines.join("");
}

/** A switch that has a name besides its id is written by the name, under a comment that tells the id. */
function line(at: LaidSwitch, members: string): string {
  const comment = at.name === "" ? "" : `# ${at.name}=${at.id}\n`;
  return `${comment}SwitchName=${shownName(at)}${members}\n`;
}

function shownName({ id, name }: LaidSwitch): string {
  return name === "" ? id : name;
}

function nodeName({ name }: LaidNode): string {
  return name;
}
