import type { Event, ScalarEvent } from "js-yaml";
import { quoteGo } from "../names/quote-go.ts";

/** A value of the document, to be read by the methods of `YamlDocument`. */
export type YamlValue = number;

/** More complaints than these help nobody. */
const mostProblems = 100;

/** Values that aliases may bring in beyond those that are written: enough for any real file, and soon read. */
const mostAliased = 1_000_000;

/** The constants of js-yaml's events, which is loaded only where YAML is read. */
const event = { sequence: 2, mapping: 3, scalar: 4, alias: 5, pop: 6 } as const;
const plain = 1;

/**
 * Reads YAML. Throws `Error`, worded `yaml: line 3: …`, for text that is none, for values nested more than a hundred deep and
 * for an alias of nothing.
 */
export async function parseYaml(text: string): Promise<YamlDocument> {
  const { parseEvents, getScalarValue, YAMLException } = await import("js-yaml");
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  try {
    return new YamlDocument(source, parseEvents(source, {}), getScalarValue);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? "" : `line ${error.mark.line + 1}: `;
    throw new Error(`yaml: ${line}${error.reason}`, { cause: error });
  }
}

/**
 * A YAML document (the first of its file) that is read by those who know what should stand where. Scalars are text as it is
 * written, `0010` and `1e3` too, and `null` is as good as absent. What is of another kind than it should be is a problem, named
 * with its line as Topograph names it (yaml.v3); the reader goes on, and asks for all problems in the end.
 */
export class YamlDocument {
  /** `undefined` where the document is empty. */
  readonly root: YamlValue | undefined;
  readonly #source: string;
  readonly #events: readonly Event[];
  readonly #scalarValue: (source: string, scalar: ScalarEvent) => string;
  /** Where the value that begins at an event ends: behind its last event. */
  readonly #ends: Int32Array;
  /** The value that an alias stands for, by the alias. */
  readonly #aliased = new Map<YamlValue, YamlValue>();
  readonly #problems: string[] = [];
  #left = mostAliased;
  #lines: readonly number[] | undefined;

  constructor(source: string, events: readonly Event[], scalarValue: (source: string, scalar: ScalarEvent) => string) {
    this.#source = source;
    this.#events = events;
    this.#scalarValue = scalarValue;
    this.#ends = this.#walk();
    this.root = events.length > 1 && events[1]?.type !== event.pop ? 1 : undefined;
  }

  /** The values of a mapping by their keys, those of `<<` included; `undefined` where there is none, or where it is no mapping. */
  mapping(value: YamlValue | undefined, wanted: string): ReadonlyMap<string, YamlValue> | undefined {
    return this.#mapping(value, wanted, 0);
  }

  /** The values of a list; `undefined` where there is none, or where it is no list. */
  sequence(value: YamlValue | undefined, wanted: string): readonly YamlValue[] | undefined {
    const at = this.#resolve(value);
    if (at === undefined || this.isNull(at)) return undefined;
    if (this.#events[at]?.type === event.sequence) return this.#children(at);
    return this.#refuse(at, wanted);
  }

  /** A scalar's text; `undefined` where there is none, empty for `null`. */
  text(value: YamlValue | undefined): string | undefined {
    const at = this.#resolve(value);
    if (at === undefined) return undefined;
    const scalar = this.#events[at];
    if (scalar?.type !== event.scalar) return this.#refuse(at, "string");
    return isNullScalar(scalar, this.#textOf(scalar)) ? "" : this.#textOf(scalar);
  }

  isNull(value: YamlValue): boolean {
    const scalar = this.#events[this.#resolve(value) ?? value];
    return scalar?.type === event.scalar && isNullScalar(scalar, this.#textOf(scalar));
  }

  /** Throws `Error` with all problems, where there is one. */
  throwProblems(): void {
    if (this.#problems.length > 0) throw new Error(`yaml: unmarshal errors:\n  ${this.#problems.join("\n  ")}`);
  }

  #mapping(value: YamlValue | undefined, wanted: string, depth: number): Map<string, YamlValue> | undefined {
    const at = this.#resolve(value);
    if (at === undefined || this.isNull(at)) return undefined;
    if (this.#events[at]?.type !== event.mapping) return this.#refuse(at, wanted);
    const found = new Map<string, YamlValue>();
    const keys = new Map<string, YamlValue>();
    const merged: YamlValue[] = [];
    const children = this.#children(at);
    for (let index = 0; index + 1 < children.length; index += 2) {
      const [key, item] = [children[index] ?? at, children[index + 1] ?? at];
      const name = this.text(key);
      if (name === undefined) continue;
      const first = keys.get(name);
      if (first !== undefined) this.#repeat(name, key, first);
      keys.set(name, key);
      if (name === "<<" && this.#isPlain(key)) merged.push(item);
      else found.set(name, item);
    }
    for (const source of merged) this.#merge(found, source, wanted, depth + 1);
    return found;
  }

  /** What the mapping says itself counts more than what it merges, and of that the first. */
  #merge(into: Map<string, YamlValue>, source: YamlValue, wanted: string, depth: number): void {
    if (depth > 100) throw new Error("yaml: document contains excessive aliasing");
    const at = this.#resolve(source) ?? source;
    const sources = this.#events[at]?.type === event.sequence ? this.#children(at) : [at];
    for (const mapping of sources) {
      for (const [name, item] of this.#mapping(mapping, wanted, depth) ?? []) {
        if (!into.has(name)) into.set(name, item);
      }
    }
  }

  #children(at: YamlValue): readonly YamlValue[] {
    const children: YamlValue[] = [];
    const end = (this.#ends[at] ?? at) - 1;
    for (let child = at + 1; child < end; child = this.#ends[child] ?? end) children.push(child);
    return children;
  }

  /** Follows an alias. Each one costs what it stands for, so that nested aliases cannot grow beyond all bounds. */
  #resolve(value: YamlValue | undefined): YamlValue | undefined {
    const target = value === undefined ? undefined : this.#aliased.get(value);
    if (target === undefined) return value;
    this.#left -= (this.#ends[target] ?? target) - target;
    if (this.#left < 0) throw new Error("yaml: document contains excessive aliasing");
    return target;
  }

  /** Finds in one pass where values end and what aliases stand for. */
  #walk(): Int32Array {
    const ends = new Int32Array(this.#events.length);
    const open: number[] = [];
    const anchors = new Map<string, YamlValue>();
    for (const [index, found] of this.#events.entries()) {
      ends[index] = index + 1;
      if (found.type === event.pop) ends[open.pop() ?? index] = index + 1;
      else if (found.type === event.alias) {
        const name = this.#source.slice(found.anchorStart, found.anchorEnd);
        const target = anchors.get(name);
        if (target === undefined) throw new Error(`yaml: unknown anchor '${name}' referenced`);
        if (ends[target] === target + 1 && this.#events[target]?.type !== event.scalar) {
          throw new Error(`yaml: anchor '${name}' value contains itself`);
        }
        this.#aliased.set(index, target);
      } else if ("anchorStart" in found && found.anchorStart >= 0) {
        anchors.set(this.#source.slice(found.anchorStart, found.anchorEnd), index);
      }
      if (found.type !== event.pop && found.type !== event.alias && found.type !== event.scalar) open.push(index);
    }
    return ends;
  }

  #isPlain(value: YamlValue): boolean {
    const scalar = this.#events[value];
    return scalar?.type === event.scalar && scalar.style === plain && scalar.tagStart < 0;
  }

  #textOf(scalar: ScalarEvent): string {
    return scalar.fast
      ? this.#source.slice(scalar.valueStart, scalar.valueEnd)
      : this.#scalarValue(this.#source, scalar);
  }

  #refuse(at: YamlValue, wanted: string): undefined {
    const found = this.#events[at];
    this.#complain(`line ${this.#lineOf(at)}: cannot unmarshal ${this.#describe(found)} into ${wanted}`);
    return undefined;
  }

  #repeat(name: string, key: YamlValue, first: YamlValue): void {
    const [line, firstLine] = [this.#lineOf(key), this.#lineOf(first)];
    this.#complain(`line ${line}: mapping key ${quoteGo(name)} already defined at line ${firstLine}`);
  }

  #complain(problem: string): void {
    if (this.#problems.length < mostProblems) this.#problems.push(problem);
  }

  /** A kind of value as yaml.v3 names it, and the beginning of a scalar. */
  #describe(found: Event | undefined): string {
    if (found?.type !== event.scalar) return found?.type === event.sequence ? "!!seq" : "!!map";
    const text = this.#textOf(found);
    const tag = found.tagStart >= 0 ? this.#source.slice(found.tagStart, found.tagEnd) : tagOf(found, text);
    return `${tag} \`${text.length > 10 ? `${text.slice(0, 7)}...` : text}\``;
  }

  #lineOf(at: YamlValue): number {
    const found = this.#events[at];
    const offset =
      found === undefined ? 0 : "valueStart" in found ? found.valueStart : "start" in found ? found.start : 0;
    this.#lines ??= Array.from(this.#source.matchAll(/\n/g), ({ index }) => index);
    let [low, high] = [0, this.#lines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }
}

function isNullScalar(scalar: ScalarEvent, text: string): boolean {
  return scalar.style === plain && scalar.tagStart < 0 && /^(~|null|Null|NULL|)$/.test(text);
}

/** The type that a scalar without a tag has (the resolver of yaml.v3), for messages alone. */
function tagOf({ style }: ScalarEvent, text: string): string {
  if (style !== plain) return "!!str";
  if (/^(true|True|TRUE|false|False|FALSE)$/.test(text)) return "!!bool";
  if (/^[-+]?(0b[01_]+|0o?[0-7_]+|0x[\da-fA-F_]+|\d[\d_]*)$/.test(text)) return "!!int";
  if (/^([-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/.test(text)) return "!!float";
  return "!!str";
}
