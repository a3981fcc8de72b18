import type { LaidSwitch } from "../graph/layout-tree.ts";
import { nameList } from "../names/compress-names.ts";
import { byDomain, inOrder, switchName, type Fabric } from "./fabric.ts";

/** One line of a tree of switches. */
export interface TreeRow {
  /** `│  ├─ `, or nothing for a root. */
  readonly branch: string;
  readonly name: string;
  /** Nodes below it. */
  readonly count: number;
  /** Its own nodes, runs of names as ranges; empty where all are further down. */
  readonly nodes: string;
  /** The domains of its own nodes, with how many where not all are of one: `D1 (3), D2 (1)`. */
  readonly domains: string;
}

/** A branch of a tree deeper than this begins at its end: nobody reads so many bars, and they would fill the memory. */
const longestBranch = 120;

/** A tree as it is printed, each switch before those below it. Nodes that have no switch come last. */
export function treeRows(fabric: Fabric): readonly TreeRow[] {
  const { layout, nodesBelow } = fabric;
  const rows: TreeRow[] = [];
  const stack: Step[] = steps(layout.roots, "", true);
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    const { one, branch, indent } = step;
    const names = one.nodes.map(({ name }) => name);
    rows.push({
      branch,
      name: switchName(one),
      count: nodesBelow[one.order] ?? 0,
      nodes: nameList(names),
      domains: domainsOf(fabric, names),
    });
    for (const below of steps(one.switches, indent, false)) stack.push(below);
  }
  const loose = [
    ...layout.nodes.filter(({ parent }) => parent === undefined).map(({ name }) => name),
    ...fabric.unswitched,
  ];
  if (loose.length === 0) return rows;
  if (fabric.domains.length === 0) return [...rows, withoutSwitch(fabric, loose)];
  return [...rows, ...byDomain(fabric, loose).map(({ names }) => withoutSwitch(fabric, names))];
}

function withoutSwitch(fabric: Fabric, names: readonly string[]): TreeRow {
  const domains = domainsOf(fabric, names);
  return { branch: "", name: "(no switch)", count: names.length, nodes: nameList(names), domains };
}

/** A switch that is still to be printed. */
interface Step {
  readonly one: LaidSwitch;
  readonly branch: string;
  /** What the branches of those below it begin with. */
  readonly indent: string;
}

/** The last one first: they are taken from a stack. */
function steps(switches: readonly LaidSwitch[], indent: string, areRoots: boolean): Step[] {
  const begin = indent.slice(-longestBranch);
  return inOrder(switches)
    .map((one, i): Step => {
      const isLast = i === switches.length - 1;
      return areRoots
        ? { one, branch: "", indent: "" }
        : { one, branch: `${begin}${isLast ? "└─ " : "├─ "}`, indent: `${begin}${isLast ? "   " : "│  "}` };
    })
    .reverse();
}

function domainsOf({ domainOf }: Fabric, names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const domain = domainOf.get(name)?.name;
    if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + 1);
  }
  if (counts.size === 1 && [...counts.values()][0] === names.length) return [...counts.keys()][0] ?? "";
  return [...counts].map(([domain, count]) => `${domain} (${count})`).join(", ");
}
