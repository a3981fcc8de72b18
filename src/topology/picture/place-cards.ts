import type { LaidSwitch } from "../graph/layout-tree.ts";
import { mostBands, type Band, type Card } from "./cards.ts";
import { charactersIn, columnsOf, monoWidth, shortened, wrappedNames } from "./svg-text.ts";
import { switchName } from "./fabric.ts";

/** Measures of the picture in pixels; a slide of 1,920 holds the widest. */
export const measures = {
  margin: 32,
  /** Room at the left for the names of the tiers. */
  tierColumn: 56,
  titleHeight: 76,
  switchHeight: 34,
  tierGap: 50,
  cardGap: 14,
  /** Between cards under different switches. */
  branchGap: 30,
  headerHeight: 46,
  padding: 8,
  nameSize: 12,
  lineHeight: 17,
  bandGap: 5,
  widest: 1_760,
} as const;

export interface PlacedBand {
  readonly band: Band;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly string[];
}

export interface PlacedCard {
  readonly card: Card;
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly bands: readonly PlacedBand[];
}

export interface PlacedSwitch {
  readonly one: LaidSwitch;
  readonly label: string;
  /** Of its middle. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface Placement {
  readonly cards: readonly PlacedCard[];
  readonly cardWidth: number;
  readonly switches: readonly PlacedSwitch[];
  /** Rows of switches, the top one first, then the row of the cards. */
  readonly rows: readonly number[];
  readonly left: number;
  readonly width: number;
  /** Where the last card ends. */
  readonly bottom: number;
}

/** Puts every box of a picture in its place: cards side by side, each switch over the middle of what is below it. */
export function placeCards(cards: readonly Card[], above: readonly LaidSwitch[]): Placement {
  const { margin, titleHeight, switchHeight, tierGap, cardGap, branchGap } = measures;
  const depths = depthsOf(above);
  const rowCount = Math.max(0, ...depths.values()) + (above.length > 0 ? 1 : 0);
  const rows = Array.from({ length: rowCount + 1 }, (_, i) => margin + titleHeight + i * (switchHeight + tierGap));
  const left = margin + (above.length > 0 ? measures.tierColumn : 0);
  const gaps = cards.slice(1).map(({ parent }, i) => (parent === cards[i]?.parent ? cardGap : branchGap));
  const gapSum = gaps.reduce((sum, gap) => sum + gap, 0);
  const room = (measures.widest - left - margin - gapSum) / Math.max(1, cards.length);
  const cardWidth = Math.round(Math.min(room, idealWidth(cards)));
  const cardsTop = rows.at(-1) ?? 0;
  let x = left;
  const placed = cards.map((card, i) => {
    const at = x;
    x += cardWidth + (gaps[i] ?? 0);
    return placeCard(card, at, cardsTop, cardWidth);
  });
  const switches = placeSwitches({ above, depths, placed, cardWidth, rows });
  const used = Math.max(x, ...switches.map((one) => one.x + one.width / 2));
  return {
    cards: placed,
    cardWidth,
    switches,
    rows,
    left,
    width: Math.max(540, used + margin),
    bottom: placed.reduce((lowest, { y, height }) => Math.max(lowest, y + height), cardsTop),
  };
}

/** Wide enough for the longest title and, up to a bound, for a list of names in each column. */
function idealWidth(cards: readonly Card[]): number {
  const { nameSize, padding } = measures;
  const longest = (texts: readonly string[]): number =>
    texts.reduce((width, text) => Math.max(width, monoWidth(text, nameSize)), 0);
  const titles = longest(cards.flatMap(({ title, summary, more = "" }) => [title, summary, more]));
  const names = longest(
    cards.flatMap(({ bands }) =>
      bands.map((band) => (band.leaf === undefined ? band.names : `${band.leaf}  ${band.names}`)),
    ),
  );
  const columns = Math.max(1, ...cards.map(columnsIn));
  const room = Math.min(330, Math.max(150, names + 3 * padding)) * columns + padding;
  return Math.max(room, Math.min(330, titles + 2 * padding));
}

/** Strips of leaves stand in several columns where one would be too long. */
function columnsIn({ bands }: Card): number {
  return Math.max(1, Math.ceil(bands.length / mostBands));
}

function placeCard(card: Card, x: number, y: number, width: number): PlacedCard {
  const { headerHeight, padding, lineHeight, bandGap, nameSize } = measures;
  const columns = columnsIn(card);
  const perColumn = Math.ceil(card.bands.length / columns);
  const bandWidth = (width - padding * (columns + 1)) / columns;
  const characters = charactersIn(bandWidth - 2 * padding, nameSize);
  const top = y + headerHeight + padding;
  let [at, lowest] = [top, top];
  const bands = card.bands.map((band, i): PlacedBand => {
    if (i % perColumn === 0) at = top;
    const lines =
      band.leaf === undefined
        ? wrappedNames(band.names, characters, card.bands.length > 4 ? 2 : 5)
        : [leafLine(band.leaf, band.names, characters)];
    const height = lines.length * lineHeight + 6;
    const left = x + padding + Math.floor(i / perColumn) * (bandWidth + padding);
    const placed = { band, x: left, y: at, width: bandWidth, height, lines };
    at += height + bandGap;
    lowest = Math.max(lowest, at);
    return placed;
  });
  if (card.more !== undefined) lowest += lineHeight;
  return { card, x, y, height: lowest + padding - bandGap - y, bands };
}

/** The leaf's name, and as much of its nodes as there is room for. */
function leafLine(leaf: string, names: string, columns: number): string {
  const name = shortened(leaf, Math.max(8, Math.floor(columns / 2)));
  const room = columns - columnsOf(name) - 2;
  return room < 6 ? shortened(leaf, columns) : `${name}  ${shortened(names, room)}`;
}

function depthsOf(above: readonly LaidSwitch[]): ReadonlyMap<LaidSwitch, number> {
  const depths = new Map<LaidSwitch, number>();
  for (const one of above) depths.set(one, one.parent === undefined ? 0 : (depths.get(one.parent) ?? 0) + 1);
  return depths;
}

function placeSwitches(what: {
  readonly above: readonly LaidSwitch[];
  readonly depths: ReadonlyMap<LaidSwitch, number>;
  readonly placed: readonly PlacedCard[];
  readonly cardWidth: number;
  readonly rows: readonly number[];
}): readonly PlacedSwitch[] {
  const { above, depths, placed, cardWidth, rows } = what;
  const spans = new Map<LaidSwitch, { from: number; to: number }>();
  const widen = (one: LaidSwitch | undefined, from: number, to: number): void => {
    if (one === undefined) return;
    const span = spans.get(one);
    if (span === undefined) spans.set(one, { from, to });
    else spans.set(one, { from: Math.min(span.from, from), to: Math.max(span.to, to) });
  };
  for (const { card, x } of placed) widen(card.parent, x, x + cardWidth);
  // Parents stand before their children, so that from the end each is wide enough before it widens its own parent.
  for (const one of above.toReversed()) {
    const span = spans.get(one);
    if (span !== undefined) widen(one.parent, span.from, span.to);
  }
  return above.map((one) => {
    const { from, to } = spans.get(one) ?? { from: 0, to: 0 };
    const name = switchName(one);
    const width = Math.min(Math.max(96, monoWidth(name, 13) + 28), Math.max(96, to - from));
    return {
      one,
      label: shortened(name, charactersIn(width - 20, 13)),
      x: (from + to) / 2,
      y: rows[depths.get(one) ?? 0] ?? 0,
      width,
    };
  });
}
