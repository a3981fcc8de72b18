import { quoteGo } from "../names/quote-go.ts";
import { regionLabel, type ModelSwitch } from "./model.ts";
import type { Described, WrittenSwitch } from "./read-written-model.ts";

/** A switch while its model is read. */
export interface GrowingSwitch extends ModelSwitch {
  parent: string | undefined;
  readonly nodes: string[];
  readonly own: WrittenSwitch;
}

/** What a node or a switch gets from above. */
export interface Inherited {
  /** Closest first. */
  readonly tiers: readonly string[];
  readonly labels: Texts;
  readonly annotations: Texts;
}

type Texts = Readonly<Record<string, string>>;

/** No network has a twentieth of these; each tier lies above every node. */
const mostTiers = 100;

/** Labels and annotations of all switches and blocks, those that they inherit counted each time. */
const mostInherited = 2_000_000;

const defaultRegion = "none";
const root: Inherited = { tiers: [], labels: { [regionLabel]: defaultRegion }, annotations: {} };

/** What nodes get from the switches above them, found once for each switch. What is wrong with the switches is added to `faults`. */
export class Inheritance {
  readonly #switches: ReadonlyMap<string, GrowingSwitch>;
  readonly #faults: string[];
  readonly #bySwitch = new Map<string, Inherited>();
  #left = mostInherited;

  constructor(switches: ReadonlyMap<string, GrowingSwitch>, faults: string[]) {
    this.#switches = switches;
    this.#faults = faults;
  }

  /** What the nodes of a block get: from the block itself, and from the switch that they hang off. */
  below(above: GrowingSwitch | undefined, own: Described): Inherited {
    return this.#add(above === undefined ? root : this.#of(above), own);
  }

  /** Goes up from every switch, from those without nodes too, so that no circle stays unseen. */
  checkAll(): void {
    for (const found of this.#switches.values()) this.#of(found);
  }

  #of(start: GrowingSwitch): Inherited {
    const path: GrowingSwitch[] = [];
    const visited = new Set<GrowingSwitch>();
    let found: Inherited | undefined;
    for (let at: GrowingSwitch | undefined = start; at !== undefined; at = this.#parentOf(at)) {
      found = this.#bySwitch.get(at.name);
      if (found !== undefined) break;
      if (visited.has(at)) {
        this.#faults.push(`circular dependency detected in topology for switch ${quoteGo(at.name)}`);
        break;
      }
      visited.add(at);
      path.push(at);
    }
    found ??= root;
    for (const at of path.reverse()) {
      if (found.tiers.length === mostTiers) {
        this.#faults.push(`switch ${quoteGo(at.name)} has more than ${mostTiers} switches above it`);
      }
      const tiers: readonly string[] = this.#faults.length === 0 ? [at.name, ...found.tiers] : [];
      found = { ...this.#add(found, at.own), tiers };
      this.#bySwitch.set(at.name, found);
    }
    return found;
  }

  #parentOf({ parent }: GrowingSwitch): GrowingSwitch | undefined {
    return parent === undefined ? undefined : this.#switches.get(parent);
  }

  #add(above: Inherited, own: Described): Inherited {
    const [labels, annotations] = [
      this.#merge(above.labels, own.labels),
      this.#merge(above.annotations, own.annotations),
    ];
    return { tiers: above.tiers, labels, annotations };
  }

  /** Where nothing is added, one object stands for all that inherit it, and costs nothing. Throws where too much is inherited. */
  #merge(above: Texts, own: ReadonlyMap<string, string>): Texts {
    if (own.size === 0) return above;
    const merged: Record<string, string> = { ...above, ...Object.fromEntries(own) };
    if (merged[regionLabel] === "") merged[regionLabel] = defaultRegion;
    this.#left -= Object.keys(merged).length;
    if (this.#left < 0)
      throw new Error(`labels and annotations, those inherited included, are more than ${mostInherited}`);
    return merged;
  }
}
