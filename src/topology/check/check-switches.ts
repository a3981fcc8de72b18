import type { WrittenSwitch } from "../read/written-topology.ts";
import { someOf, type Faults } from "./topology-fault.ts";

/** Slurm cuts no name short: from 24.11 on it refuses one that is longer (switch_record.c). */
const longestName = 64;

/**
 * Whether switches are one tree that Slurm reads. What it refuses was measured on 22.05: a switch that is defined twice, that has
 * both switches and nodes or neither, a child that is nowhere defined, a ring. Gives each node's line.
 */
export function checkSwitches(switches: readonly WrittenSwitch[], faults: Faults): ReadonlyMap<string, number> {
  if (switches.length === 0) faults.error(undefined, "it has no switch; Slurm says: No switches configured");
  const byName = firstOfEachName(switches, faults);
  for (const { name, line, switches: children, nodes } of switches) {
    if (name.length > longestName) {
      faults.error(
        line,
        `the name ${name} is longer than ${longestName} characters, which Slurm from 24.11 on refuses`,
      );
    }
    if (children.length > 0 && nodes.length > 0) {
      faults.error(
        line,
        `switch ${name} has both switches and nodes, and Slurm does not start`,
        "give its nodes a leaf switch of their own below it",
      );
    } else if (children.length === 0 && nodes.length === 0) {
      faults.warning(line, `switch ${name} has neither switches nor nodes; Slurm 22.05 does not start with it`);
    }
  }
  const parents = parentsOf(switches, byName, faults);
  checkRings(byName, parents, faults);
  const roots = [...byName.keys()].filter((name) => !parents.has(name));
  if (roots.length > 1) {
    faults.warning(
      byName.get(roots[1] ?? "")?.line,
      `${roots.length} switches have none above them: ${someOf(roots)}; no job gets nodes under two of them`,
      "join them under one switch, unless the fabrics are apart",
    );
  }
  return placesOf(switches, faults);
}

function firstOfEachName(switches: readonly WrittenSwitch[], faults: Faults): ReadonlyMap<string, WrittenSwitch> {
  const byName = new Map<string, WrittenSwitch>();
  for (const one of switches) {
    const first = byName.get(one.name);
    if (first === undefined) byName.set(one.name, one);
    else {
      faults.error(
        one.line,
        `line ${first.line} defines switch ${one.name} too, and Slurm does not start`,
        "one line says all of a switch: its switches or its nodes",
      );
    }
  }
  return byName;
}

/** By name of the child; the first parent counts. */
function parentsOf(
  switches: readonly WrittenSwitch[],
  byName: ReadonlyMap<string, WrittenSwitch>,
  faults: Faults,
): ReadonlyMap<string, string> {
  const parents = new Map<string, string>();
  for (const { name, line, switches: children } of switches) {
    for (const child of children) {
      const parent = parents.get(child);
      if (child === name) faults.error(line, `switch ${name} is its own child, and Slurm does not start`);
      else if (!byName.has(child)) {
        faults.error(line, `switch ${name} has a child ${child} that no line defines, and Slurm does not start`);
      } else if (parent === undefined) parents.set(child, name);
      else if (parent === name) faults.warning(line, `switch ${name} names its child ${child} twice`);
      else faults.error(line, `switch ${child} is a child of ${name} and of ${parent}; a tree has one way up`);
    }
  }
  return parents;
}

/** Switches from which the way up never ends. */
function checkRings(
  byName: ReadonlyMap<string, WrittenSwitch>,
  parents: ReadonlyMap<string, string>,
  faults: Faults,
): void {
  const done = new Set<string>();
  for (const start of byName.keys()) {
    const way = new Set<string>();
    let at: string | undefined = start;
    while (at !== undefined && !done.has(at) && !way.has(at)) {
      way.add(at);
      at = parents.get(at);
    }
    if (at !== undefined && way.has(at)) {
      const upwards = [...way];
      const ring = upwards.slice(upwards.indexOf(at));
      faults.error(byName.get(at)?.line, `switches ${someOf(ring)} form a ring, and Slurm does not start`);
    }
    for (const name of way) done.add(name);
  }
}

function placesOf(switches: readonly WrittenSwitch[], faults: Faults): ReadonlyMap<string, number> {
  const leafOf = new Map<string, WrittenSwitch>();
  const lines = new Map<string, number>();
  for (const leaf of switches) {
    const [twice, elsewhere]: [string[], string[]] = [[], []];
    for (const node of leaf.nodes) {
      const first = leafOf.get(node);
      if (first === undefined) {
        leafOf.set(node, leaf);
        lines.set(node, leaf.line);
      } else if (first === leaf) twice.push(node);
      else elsewhere.push(`${node} (${first.name})`);
    }
    if (twice.length > 0) faults.warning(leaf.line, `switch ${leaf.name} names ${someOf(twice)} twice`);
    if (elsewhere.length > 0) {
      faults.error(leaf.line, `nodes of switch ${leaf.name} are under another one too: ${someOf(elsewhere)}`);
    }
  }
  return lines;
}
