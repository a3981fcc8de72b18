import { SluiceError } from "../../errors.ts";
import { domainAnnotation, regionLabel, subDomainAnnotation, zoneLabel } from "./model.ts";

/** The size and shape of a made-up network. */
export interface SyntheticModelOptions {
  readonly nodes: number;
  /** Nodes of one leaf switch; 32 where left out. */
  readonly nodesPerLeaf?: number;
  /** Leaf switches under one spine, and so on up: only the one switch at the top has as many as there are. 16 where left out. */
  readonly leavesPerSpine?: number;
  /** Tiers of switches; 3 where left out: leaf, spine and core. */
  readonly tiers?: number;
  /** Nodes of one accelerator domain; none where left out. Domains need not end where leaf switches do. */
  readonly domainSize?: number;
  /** Sub-domains that each domain is cut into; none where left out. */
  readonly subDomains?: number;
  /** Stands before the numbers of nodes; `n` where left out. Empty for gcp-sim, whose instances are numbers. */
  readonly prefix?: string;
  /** `local` where left out. */
  readonly region?: string;
}

const mostNodes = 1_000_000;
const mostTiers = 10;

/**
 * A model of that many nodes as YAML with bracket ranges, the same text for the same options. Every node has a region and, as
 * aws-sim wants it, a zone. Throws `SluiceError` `INPUT_INVALID` for sizes that make no network.
 */
export function syntheticModel(options: SyntheticModelOptions): string {
  const shape = shapeOf(options);
  const tiers = tiersOf(shape);
  const leaves = tiers[0] ?? [];
  return [
    `# ${shape.nodes} nodes under ${leaves.length} leaf switches in ${tiers.length} tiers, made by Sluice.`,
    "switches:",
    ...tiers.flatMap((_, tier) => switchLines(tiers, tier, shape)).reverse(),
    "blocks:",
    ...blockLines(leaves, shape),
    "",
  ].join("\n");
}

type Shape = Required<Omit<SyntheticModelOptions, "domainSize" | "subDomains">> &
  Pick<SyntheticModelOptions, "domainSize" | "subDomains">;

function shapeOf(options: SyntheticModelOptions): Shape {
  const defaults = { nodesPerLeaf: 32, leavesPerSpine: 16, tiers: 3, prefix: "n", region: "local" };
  const shape = { ...defaults, ...options };
  checkWhole("nodes", shape.nodes, mostNodes);
  checkWhole("nodesPerLeaf", shape.nodesPerLeaf, mostNodes);
  checkWhole("leavesPerSpine", shape.leavesPerSpine, mostNodes);
  checkWhole("tiers", shape.tiers, mostTiers);
  if (shape.domainSize !== undefined) checkWhole("domainSize", shape.domainSize, mostNodes);
  if (shape.subDomains !== undefined) checkWhole("subDomains", shape.subDomains, shape.domainSize ?? mostNodes);
  if (shape.subDomains !== undefined && shape.domainSize === undefined) {
    throw new SluiceError("INPUT_INVALID", "a model's subDomains need a domainSize", {
      details: { field: "domainSize" },
    });
  }
  checkText("prefix", shape.prefix, /^[A-Za-z0-9._-]*$/);
  checkText("region", shape.region, /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/);
  return shape;
}

/** The names of the switches of each tier, leaves first. The top tier is one switch. */
function tiersOf({ nodes, nodesPerLeaf, leavesPerSpine, tiers }: Shape): readonly (readonly string[])[] {
  let count = Math.ceil(nodes / nodesPerLeaf);
  return Array.from({ length: tiers }, (_, tier) => {
    if (tier > 0) count = tier === tiers - 1 ? 1 : Math.ceil(count / leavesPerSpine);
    if (tier > 0 && tier === tiers - 1) return ["core"];
    const kind = tier === 0 ? "leaf" : tier === 1 ? "spine" : `tier-${tier + 1}`;
    return Array.from({ length: count }, (_switch, index) => `${kind}-${index + 1}`);
  });
}

/** One line for each switch that has more to it than its name, last one first. */
function switchLines(tiers: readonly (readonly string[])[], tier: number, shape: Shape): readonly string[] {
  const top = tiers.length - 1;
  const lines = (tiers[tier] ?? []).map((name, index) => {
    const below = tiers[tier - 1] ?? [];
    const children =
      tier === top ? below : below.slice(index * shape.leavesPerSpine, (index + 1) * shape.leavesPerSpine);
    const labels = [
      ...(tier === top ? [`${regionLabel}: ${shape.region}`] : []),
      ...(tier === Math.max(0, top - 1) ? [`${zoneLabel}: zone-${index + 1}`] : []),
    ];
    const fields = [
      ...(labels.length > 0 ? [`labels: { ${labels.join(", ")} }`] : []),
      ...(children.length > 0 ? [`switches: [${children.join(", ")}]`] : []),
    ];
    return fields.length === 0 ? "" : `  ${name}: { ${fields.join(", ")} }`;
  });
  return lines.filter((line) => line !== "").reverse();
}

/** One line for each run of nodes that share a leaf switch, a domain and a sub-domain. */
function blockLines(leaves: readonly string[], shape: Shape): readonly string[] {
  const { nodes, nodesPerLeaf, domainSize, subDomains } = shape;
  const rackSize = Math.ceil((domainSize ?? nodes) / (subDomains ?? 1));
  const lines: string[] = [];
  for (let start = 0, end = 0; start < nodes; start = end) {
    const leaf = Math.floor(start / nodesPerLeaf);
    const domain = Math.floor(start / (domainSize ?? nodes));
    const domainStart = domain * (domainSize ?? nodes);
    const rack = Math.floor((start - domainStart) / rackSize);
    end = Math.min(
      nodes,
      (leaf + 1) * nodesPerLeaf,
      domainStart + (domainSize ?? nodes),
      domainStart + (rack + 1) * rackSize,
    );
    const annotations = [
      ...(domainSize === undefined ? [] : [`${domainAnnotation}: nvl-${domain + 1}`]),
      ...(subDomains === undefined ? [] : [`${subDomainAnnotation}: rack-${rack + 1}`]),
    ];
    const more = annotations.length === 0 ? "" : `, annotations: { ${annotations.join(", ")} }`;
    lines.push(`  - { switch: ${leaves[leaf]}, nodes: ["${rangeOf(start + 1, end, shape)}"]${more} }`);
  }
  return lines;
}

/** Numbers have one width, so that names sort as they count; instances that are numbers may not begin with a zero. */
function rangeOf(first: number, last: number, { prefix, nodes }: Shape): string {
  const [low, high] = [first, last].map((number) =>
    prefix === "" ? String(number) : String(number).padStart(String(nodes).length, "0"),
  );
  return first === last ? `${prefix}${low}` : `${prefix}[${low}-${high}]`;
}

function checkWhole(name: string, value: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  throw new SluiceError("INPUT_INVALID", `a model's ${name} is a whole number from 1 to ${most}, not ${value}`, {
    details: { field: name },
  });
}

function checkText(name: string, value: string, syntax: RegExp): void {
  if (syntax.test(value) && value.length <= 63) return;
  const shown = JSON.stringify(value);
  throw new SluiceError("INPUT_INVALID", `a model's ${name} is of letters, digits, ".", "_" and "-", not ${shown}`, {
    details: { field: name },
  });
}
