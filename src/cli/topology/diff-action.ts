import {
  diffTopology,
  isUnchanged,
  type ComparedTopology,
  type Move,
  type TopologyDiff,
} from "../../topology/diff/diff-topology.ts";
import { slurmStep, type SlurmStep } from "../../topology/diff/slurm-steps.ts";
import type { NamedTopology } from "../../topology/load-topology.ts";
import { nameList } from "../../topology/names/compress-names.ts";
import type { Context } from "../command.ts";
import { visibleLine } from "../visible.ts";
import type { DiffOptions } from "./diff.ts";
import { topologiesOf } from "./topology-source.ts";

/** `sluice topology diff`. */
export async function diff(context: Context, files: readonly [string, string], options: DiffOptions): Promise<void> {
  const [old, fresh] = await Promise.all(files.map((file) => topologiesOf(context, file)));
  const compared = pairs(old ?? [], fresh ?? []).map(({ before, after, ...rest }) => {
    const found = diffTopology(before, after);
    return { ...rest, diff: found, slurm: rest.change === undefined ? slurmStep(found) : cameOrWent(rest.change) };
  });
  if (options.json === true) {
    context.io.out(`${JSON.stringify(compared, undefined, 2)}\n`);
  } else {
    const texts = compared.map(
      (one) => `${compared.length > 1 ? headOf(one) : ""}${diffText(one.diff)}${stepText(one.slurm)}`,
    );
    context.io.out(texts.join("\n"));
  }
  if (options.exitCode === true && compared.some((one) => one.change !== undefined || !isUnchanged(one.diff))) {
    context.exitCode = 1;
  }
}

interface Pair {
  readonly title: string;
  /** Where the topology is in one of the two files alone. */
  readonly change?: "added" | "removed";
  readonly before: ComparedTopology;
  readonly after: ComparedTopology;
}

/** Topologies of a topology.yaml are told apart by their names; one that has no counterpart is held against an empty one. */
function pairs(old: readonly NamedTopology[], fresh: readonly NamedTopology[]): readonly Pair[] {
  const [only, other] = [old[0], fresh[0]];
  if (old.length === 1 && fresh.length === 1 && only !== undefined && other !== undefined) {
    return [{ title: other.title, before: only, after: other }];
  }
  const [olds, freshes] = [old, fresh].map((list) => new Map(list.map((one) => [one.name, one])));
  const removed = old.filter(({ name }) => freshes?.has(name) !== true);
  return [
    ...fresh.map((after): Pair => {
      const before = olds?.get(after.name);
      const { title } = after;
      return before === undefined
        ? { title, change: "added", before: { ...after, graph: {} }, after }
        : { title, before, after };
    }),
    ...removed.map((before): Pair => ({
      title: before.title,
      change: "removed",
      before,
      after: { ...before, graph: {} },
    })),
  ];
}

function headOf({ title, change }: Pick<Pair, "title" | "change">): string {
  return `${visibleLine(title)}${change === undefined ? "" : ` (${change})`}\n`;
}

function cameOrWent(change: "added" | "removed"): SlurmStep {
  const partitions =
    change === "added" ? "partitions that are to have it name it in slurm.conf" : "no partition may name it any more";
  return { need: "reconfigure", why: `\`scontrol reconfigure\` reads the file anew; ${partitions}` };
}

function stepText({ need, why }: SlurmStep): string {
  const words = {
    nothing: "Slurm needs nothing",
    reconfigure: "Slurm needs a reconfigure",
    restart: "Slurm needs a restart",
  };
  return `${words[need]}: ${why}.\n`;
}

function diffText(found: TopologyDiff): string {
  const { plugin, blockSizes, addedSwitches, removedSwitches } = found;
  const sections = [
    ...(plugin === undefined ? [] : [`plugin: ${plugin.from} → ${plugin.to}`]),
    ...(blockSizes === undefined ? [] : [`block sizes: ${sizes(blockSizes.from)} → ${sizes(blockSizes.to)}`]),
    ...(addedSwitches.length === 0 ? [] : [`switches added: ${nameList(addedSwitches)}`]),
    ...(removedSwitches.length === 0 ? [] : [`switches removed: ${nameList(removedSwitches)}`]),
    ...moved("switches moved", "the top", found.switches),
    ...moved("nodes", "no switch", found.nodes),
    ...moved("domains", "no domain", found.domains),
  ];
  return sections.length === 0 ? "" : `${sections.map(visibleLine).join("\n")}\n\n`;
}

function sizes(list: readonly number[]): string {
  return list.length === 0 ? "none" : list.join(",");
}

/** A line for all that went the same way. */
function moved(what: string, nowhere: string, moves: readonly Move[]): readonly string[] {
  const ways = new Map<string, string[]>();
  for (const { name, from, to } of moves) {
    const shown = (place: string): string => (place === "" ? nowhere : place);
    const way =
      from === undefined
        ? `new in ${shown(to ?? "")}`
        : to === undefined
          ? `gone from ${shown(from)}`
          : `${shown(from)} → ${shown(to)}`;
    const names = ways.get(way);
    if (names === undefined) ways.set(way, [name]);
    else names.push(name);
  }
  return [...ways].map(([way, names]) => `${what}: ${nameList(names)}: ${way}`);
}
