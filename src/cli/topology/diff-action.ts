import { SluiceError } from "../../errors.ts";
import { diffTopology, isUnchanged, type Move, type TopologyDiff } from "../../topology/diff/diff-topology.ts";
import { slurmStep } from "../../topology/diff/slurm-steps.ts";
import type { NamedTopology } from "../../topology/load-topology.ts";
import { nameList } from "../../topology/names/compress-names.ts";
import type { Context } from "../command.ts";
import { visibleLine } from "../visible.ts";
import type { DiffOptions } from "./diff.ts";
import { topologiesOf } from "./topology-source.ts";

/** `sluice topology diff`. */
export async function diff(context: Context, files: readonly [string, string], options: DiffOptions): Promise<void> {
  const [old, fresh] = await Promise.all(files.map((file) => topologiesOf(context, file)));
  const compared = pairs(old ?? [], fresh ?? []).map(([before, after]) => {
    const found = diffTopology(before, after);
    return { title: after.title, diff: found, slurm: slurmStep(found) };
  });
  if (options.json === true) {
    context.io.out(`${JSON.stringify(compared, undefined, 2)}\n`);
  } else {
    const texts = compared.map(
      (one) => `${compared.length > 1 ? `${visibleLine(one.title)}\n` : ""}${diffText(one.diff)}${stepText(one.slurm)}`,
    );
    context.io.out(texts.join("\n"));
  }
  if (options.exitCode === true && compared.some((one) => !isUnchanged(one.diff))) context.exitCode = 1;
}

/** Topologies of a topology.yaml are told apart by their names, which must be the same in both. */
function pairs(
  old: readonly NamedTopology[],
  fresh: readonly NamedTopology[],
): readonly (readonly [NamedTopology, NamedTopology])[] {
  const [before, after] = [old[0], fresh[0]];
  if (old.length === 1 && fresh.length === 1 && before !== undefined && after !== undefined) return [[before, after]];
  const nameOf = ({ title }: NamedTopology): string => title.slice(title.indexOf(": ") + 2);
  const names = new Set([...old, ...fresh].map(nameOf));
  return [...names].map((name) => {
    const [one, other] = [old, fresh].map((list) => list.find((topology) => nameOf(topology) === name));
    if (one !== undefined && other !== undefined) return [one, other];
    throw new SluiceError("INPUT_INVALID", `topology ${name} is in one of the two files alone`);
  });
}

function stepText({ need, why }: ReturnType<typeof slurmStep>): string {
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
