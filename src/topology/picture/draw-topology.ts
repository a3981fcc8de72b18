import type { TopologyGraph } from "../graph/topology-graph.ts";
import { cardsOf, type Band } from "./cards.ts";
import { counted, fabricOf, switchName, type Fabric, type FabricDomain } from "./fabric.ts";
import {
  measures,
  placeCards,
  type PlacedBand,
  type PlacedCard,
  type PlacedSwitch,
  type Placement,
} from "./place-cards.ts";
import { charactersIn, monoWidth, shortened, xmlText } from "./svg-text.ts";

/**
 * A picture of a topology as SVG 1.1: switches in tiers, leaves with their nodes, accelerator domains as bands of colour with a
 * legend. What does not fit is added up. It stands on a ground of its own, so that it looks the same on light and dark pages, and
 * needs no font but the system's. Throws as `layoutTree` does.
 */
export function drawTopology(graph: TopologyGraph, title: string): string {
  const fabric = fabricOf(graph);
  const { cards, above } = cardsOf(fabric);
  const placement = placeCards(cards, above);
  const legend = legendOf(fabric, placement);
  const width = Math.ceil(placement.width);
  const height = Math.ceil(placement.bottom + legend.height + measures.margin);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${xmlText(title)}</title>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="14" fill="#ffffff" stroke="#d3dae4"/>`,
    heading(fabric, title, width),
    ...tierNames(fabric, placement),
    ...links(placement),
    ...placement.switches.map(drawSwitch),
    ...placement.cards.map((card) => drawCard(card, placement.cardWidth)),
    legend.text,
    "</svg>\n",
  ].join("\n");
}

const mono = `font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"`;
const sans = `font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif"`;

/** Told apart by people who see colours differently, too (after Okabe and Ito); they repeat where there are more domains. */
const palette = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#7b5ea7",
  "#b3a100",
  "#8c5a3c",
  "#3d8f8f",
];
const noDomain = "#94a3b8";

function colourOf(domain: FabricDomain | undefined): string {
  return domain === undefined ? noDomain : (palette[domain.order % palette.length] ?? noDomain);
}

function heading({ layout, nodeCount, tiers, domains, leavesBelow }: Fabric, title: string, width: number): string {
  const { margin } = measures;
  const leaves = layout.roots.reduce((sum, { order }) => sum + (leavesBelow[order] ?? 0), 0);
  const facts = [
    counted(nodeCount, "node"),
    ...(layout.switches.length === 0
      ? []
      : [counted(layout.switches.length, "switch"), counted(leaves, "leaf"), counted(tiers, "tier")]),
    ...(domains.length === 0 ? [] : [counted(domains.length, "accelerator domain")]),
  ];
  const shown = shortened(title, charactersIn(width - 2 * margin, 19));
  return [
    `<text x="${margin}" y="${margin + 14}" ${sans} font-size="21" font-weight="600" fill="#0f172a">${xmlText(shown)}</text>`,
    `<text x="${margin}" y="${margin + 38}" ${sans} font-size="14" fill="#52606f">${xmlText(facts.join("  ·  "))}</text>`,
  ].join("\n");
}

/** As labels of nodes count them: the switch next to a node is tier 0. */
function tierNames({ tiers }: Fabric, { rows, switches }: Placement): readonly string[] {
  if (switches.length === 0) return [];
  return rows.map((y, i) => {
    const at = y + measures.switchHeight / 2 + 4;
    return `<text x="${measures.margin}" y="${at}" ${sans} font-size="12" fill="#52606f">tier ${tiers - 1 - i}</text>`;
  });
}

function links({ cards, cardWidth, switches }: Placement): readonly string[] {
  const bySwitch = new Map(switches.map((placed) => [placed.one, placed]));
  const link = (from: PlacedSwitch | undefined, x: number, y: number): readonly string[] => {
    if (from === undefined) return [];
    const start = from.y + measures.switchHeight;
    const bend = y - measures.tierGap / 2;
    return [
      `<path d="M${round(from.x)} ${start}C${round(from.x)} ${bend} ${round(x)} ${bend} ${round(x)} ${y}" fill="none" stroke="#9aa8b8" stroke-width="1.6"/>`,
    ];
  };
  return [
    ...switches.flatMap(({ one, x, y }) => link(one.parent && bySwitch.get(one.parent), x, y)),
    ...cards.flatMap(({ card, x, y }) => link(card.parent && bySwitch.get(card.parent), x + cardWidth / 2, y)),
  ];
}

function drawSwitch({ one, label, x, y, width }: PlacedSwitch): string {
  const { switchHeight } = measures;
  return [
    `<g><title>${xmlText(switchName(one))}</title>`,
    `<rect x="${round(x - width / 2)}" y="${y}" width="${round(width)}" height="${switchHeight}" rx="8" fill="#1f2d3d"/>`,
    `<text x="${round(x)}" y="${y + 22}" text-anchor="middle" ${mono} font-size="13" fill="#ffffff">${xmlText(label)}</text></g>`,
  ].join("");
}

function drawCard({ card, x, y, height, bands }: PlacedCard, width: number): string {
  const { headerHeight, padding, nameSize, lineHeight } = measures;
  const columns = charactersIn(width - 2 * padding, nameSize);
  const corner = 8;
  const header =
    `M${x} ${y + headerHeight}v${corner - headerHeight}q0 -${corner} ${corner} -${corner}h${width - 2 * corner}` +
    `q${corner} 0 ${corner} ${corner}v${headerHeight - corner}z`;
  const middle = x + width / 2;
  const end = y + height - padding - 2;
  return [
    `<g><title>${xmlText(card.title)}</title>`,
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${corner}" fill="#f7f9fb" stroke="#c3ccd8"/>`,
    `<path d="${header}" fill="#3b4d61"/>`,
    `<text x="${middle}" y="${y + 19}" text-anchor="middle" ${mono} font-size="${nameSize}" font-weight="600" fill="#ffffff">${xmlText(shortened(card.title, columns))}</text>`,
    `<text x="${middle}" y="${y + 37}" text-anchor="middle" ${sans} font-size="11.5" fill="#dbe3ec">${xmlText(shortened(card.summary, columns + 2))}</text>`,
    "</g>",
    ...bands.flatMap((placed) => [
      `<g><title>${xmlText(tooltip(placed.band))}</title>`,
      ...bandColours(placed),
      ...placed.lines.map(
        (line, i) =>
          `<text x="${round(placed.x + padding + 3)}" y="${placed.y + 15 + i * lineHeight}" ${mono} font-size="${nameSize}" fill="#16202b" xml:space="preserve">${xmlText(line)}</text>`,
      ),
      "</g>",
    ]),
    ...(card.more === undefined
      ? []
      : [
          `<text x="${middle}" y="${end}" text-anchor="middle" ${sans} font-size="11.5" fill="#52606f">${xmlText(shortened(card.more, columns + 2))}</text>`,
        ]),
  ].join("");
}

function tooltip({ leaf, names, count, shares }: Band): string {
  const domains = shares.flatMap(({ domain }) => (domain === undefined ? [] : [domain.name]));
  return [leaf, shortened(names, 300), counted(count, "node"), domains.join(", ")].filter(Boolean).join("\n");
}

/** A tint for each domain, as long as its share of the nodes, with a firm edge: at the left or, of several, along the bottom. */
function bandColours({ band: { shares, count }, x, y, width, height }: PlacedBand): readonly string[] {
  let at = x;
  return shares.map(({ domain, count: share }) => {
    const long = (width * share) / Math.max(1, count);
    const [left, colour] = [round(at), colourOf(domain)];
    at += long;
    const edge =
      shares.length === 1
        ? `width="5" height="${height}" y="${y}"`
        : `width="${round(long)}" height="3" y="${y + height - 3}"`;
    return (
      `<rect x="${left}" y="${y}" width="${round(long)}" height="${height}" fill="${colour}" fill-opacity="0.2"/>` +
      `<rect x="${left}" ${edge} fill="${colour}"/>`
    );
  });
}

/** More entries than these are not read; the rest is counted. */
const mostEntries = 20;

function legendOf(
  { domains }: Fabric,
  { bottom, width, left }: Placement,
): { readonly text: string; readonly height: number } {
  if (domains.length === 0) return { text: "", height: 0 };
  const { margin, nameSize } = measures;
  const top = bottom + 34;
  let [x, y] = [left, top];
  const entries: string[] = [];
  const place = (label: string, drawn: (x: number, y: number) => string, indent: number): void => {
    const long = indent + monoWidth(label, nameSize) + 26;
    if (x > left && x + long > width - margin) [x, y] = [left, y + 24];
    entries.push(drawn(x, y));
    x += long;
  };
  for (const domain of domains.slice(0, mostEntries)) {
    const label = `${shortened(domain.name, 48)} (${domain.nodes.length})`;
    const colour = colourOf(domain);
    place(
      label,
      (at, line) =>
        `<rect x="${round(at)}" y="${line - 11}" width="14" height="14" rx="3" fill="${colour}" fill-opacity="0.25" stroke="${colour}" stroke-width="1.6"/>` +
        `<text x="${round(at + 21)}" y="${line + 1}" ${mono} font-size="${nameSize}" fill="#16202b">${xmlText(label)}</text>`,
      21,
    );
  }
  const left_over = domains.length - mostEntries;
  const repeats = domains.length > palette.length ? "colours repeat" : "";
  const note = [left_over > 0 ? `and ${counted(left_over, "more domain")}` : "", repeats].filter(Boolean).join("; ");
  if (note !== "") {
    const text = (at: number, line: number): string =>
      `<text x="${round(at)}" y="${line + 1}" ${sans} font-size="${nameSize}" fill="#52606f">${xmlText(note)}</text>`;
    place(note, text, 0);
  }
  return { text: entries.join("\n"), height: y - bottom };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
