import type * as YamlPackage from "yaml";
import type { Node, ParsedNode, Scalar } from "yaml";
import { quoteGo } from "../../topology/names/quote-go.ts";
import { ForeignMap } from "../../topology/request/foreign-map.ts";
import type { ParamValue } from "../../topology/params/param-value.ts";
import { parseGoDuration } from "./go-duration.ts";

type Yaml = typeof YamlPackage;
type YamlNode = Node | ParsedNode | null | undefined;

/** How often aliases may be followed, and how deep values may be nested; no file of settings comes near. */
const mostAliases = 10_000;
const deepest = 1_000;

/**
 * A file of settings, read as Topograph reads its own (yaml.v3): what is of another type than it should be is a problem, named
 * with its line; the reader goes on and throws all problems in the end. `null` is as good as absent.
 */
export class YamlSettings {
  readonly root: YamlNode;
  readonly #yaml: Yaml;
  readonly #resolve: (node: YamlNode) => YamlNode;
  readonly #lineOf: (node: YamlNode) => number;
  readonly #problems: string[] = [];
  #left = mostAliases;

  private constructor(yaml: Yaml, text: string) {
    const lines = new yaml.LineCounter();
    // With this schema every scalar is text, and what it means is said here.
    const document = yaml.parseDocument(text, { schema: "failsafe", uniqueKeys: false, lineCounter: lines });
    const [error] = document.errors;
    if (error !== undefined) {
      const line = error.linePos?.[0].line ?? 1;
      throw new Error(`yaml: line ${line}: ${error.message.replace(/ at line \d+[\s\S]*$/, "")}`);
    }
    this.#yaml = yaml;
    this.root = document.contents;
    this.#resolve = (node) => {
      if (!yaml.isAlias(node)) return node;
      this.#left -= 1;
      if (this.#left < 0) throw new Error("yaml: document contains excessive aliasing");
      return node.resolve(document);
    };
    this.#lineOf = (node) => lines.linePos(node?.range?.[0] ?? 0).line;
  }

  /** Throws `Error`, worded `yaml: line 3: …`. */
  static async parse(text: string): Promise<YamlSettings> {
    return new YamlSettings(await import("yaml"), text);
  }

  /** Throws `Error` with all problems, where there is one. */
  throwProblems(): void {
    if (this.#problems.length > 0) throw new Error(`yaml: unmarshal errors:\n  ${this.#problems.join("\n  ")}`);
  }

  /** The members of a mapping; none where it is absent. */
  members(given: YamlNode, type: string): ReadonlyMap<string, YamlNode> {
    const members = new Map<string, YamlNode>();
    for (const [key, value] of this.#pairs(given, type) ?? []) {
      const name = this.#scalar(key);
      if (name !== undefined) members.set(name.value, value);
    }
    return members;
  }

  int(given: YamlNode): number | undefined {
    return this.#typed(given, "int", (scalar) => {
      const number = toNumber(scalar);
      return number === undefined || !Number.isFinite(number) ? undefined : Math.trunc(number);
    });
  }

  bool(given: YamlNode): boolean | undefined {
    return this.#typed(given, "bool", ({ value, type }) => {
      if (/^(y|yes|on)$/i.test(value) || (type === "PLAIN" && /^(true|True|TRUE)$/.test(value))) return true;
      if (/^(n|no|off)$/i.test(value) || (type === "PLAIN" && /^(false|False|FALSE)$/.test(value))) return false;
      return undefined;
    });
  }

  string(given: YamlNode): string | undefined {
    return this.#typed(given, "string", ({ value }) => value);
  }

  /** Milliseconds. A number without a unit is none. */
  duration(given: YamlNode): number | undefined {
    return this.#typed(given, "time.Duration", (scalar) =>
      toNumber(scalar) === undefined ? parseGoDuration(scalar.value) : undefined,
    );
  }

  strings(given: YamlNode): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const [name, value] of this.members(given, "map[string]string")) found.set(name, this.string(value) ?? "");
    return found;
  }

  /** A mapping of anything; `undefined` where it is absent. */
  params(given: YamlNode): ReadonlyMap<string, ParamValue> | undefined {
    const pairs = this.#pairs(given, "map[string]interface {}");
    if (pairs === undefined) return undefined;
    const params = new Map<string, ParamValue>();
    for (const [key, value] of pairs) {
      const name = this.#scalar(key);
      if (name !== undefined) params.set(name.value, this.#any(value, 0));
    }
    return params;
  }

  #any(given: YamlNode, depth: number): ParamValue {
    if (depth > deepest) throw new Error("yaml: document is nested too deeply");
    const node = this.#resolve(given);
    if (this.#yaml.isSeq(node)) return node.items.map((item) => this.#any(asNode(this.#yaml, item), depth + 1));
    if (!this.#yaml.isMap(node)) return toScalarValue(this.#scalar(node));
    const pairs = this.#pairs(node, "map[string]interface {}") ?? [];
    const hasOnlyText = pairs.every(([key]) => typeof toScalarValue(this.#scalar(key)) === "string");
    const map = hasOnlyText ? new Map<string, ParamValue>() : new ForeignMap();
    for (const [key, value] of pairs) map.set(this.#scalar(key)?.value ?? "", this.#any(value, depth + 1));
    return map;
  }

  /** Keys and values, those of `<<` below those that stand beside it. */
  #pairs(given: YamlNode, type: string, depth = 0): (readonly [YamlNode, YamlNode])[] | undefined {
    if (depth > deepest) throw new Error("yaml: document contains excessive aliasing");
    const node = this.#resolve(given);
    if (node === undefined || node === null || this.#isNull(node)) return undefined;
    if (!this.#yaml.isMap(node)) return this.#refuse(node, type);
    const lines = new Map<string, number>();
    const own: (readonly [YamlNode, YamlNode])[] = [];
    const merged: (readonly [YamlNode, YamlNode])[] = [];
    for (const pair of node.items) {
      const [key, value] = [asNode(this.#yaml, pair.key), asNode(this.#yaml, pair.value)];
      const name = this.#scalar(key)?.value;
      const before = name === undefined ? undefined : lines.get(name);
      if (name !== undefined && before !== undefined) {
        this.#problems.push(
          `line ${this.#lineOf(key)}: mapping key ${quoteGo(name)} already defined at line ${before}`,
        );
      }
      if (name !== undefined) lines.set(name, before ?? this.#lineOf(key));
      if (name !== "<<") own.push([key, value]);
      else for (const source of this.#sources(value)) merged.push(...(this.#pairs(source, type, depth + 1) ?? []));
    }
    return [...merged.filter(([key]) => !lines.has(this.#scalar(key)?.value ?? "")), ...own];
  }

  #sources(given: YamlNode): readonly YamlNode[] {
    const node = this.#resolve(given);
    return this.#yaml.isSeq(node) ? node.items.map((item) => asNode(this.#yaml, item)) : [node];
  }

  #typed<T>(given: YamlNode, type: string, read: (scalar: Text) => T | undefined): T | undefined {
    const node = this.#resolve(given);
    if (node === undefined || node === null || this.#isNull(node)) return undefined;
    const scalar = this.#scalar(node);
    return (scalar === undefined ? undefined : read(scalar)) ?? this.#refuse(node, type);
  }

  #isNull(node: YamlNode): boolean {
    const scalar = this.#scalar(node);
    return scalar !== undefined && toScalarValue(scalar) === null;
  }

  #scalar(given: YamlNode): Text | undefined {
    const node = this.#resolve(given);
    if (!this.#yaml.isScalar(node)) return undefined;
    const { value, type, tag } = node as Scalar;
    return { value: typeof value === "string" ? value : "", type: tag === undefined ? (type ?? "PLAIN") : "TAGGED" };
  }

  #refuse(node: YamlNode, type: string): undefined {
    this.#problems.push(`line ${this.#lineOf(node)}: cannot unmarshal ${this.#describe(node)} into ${type}`);
    return undefined;
  }

  #describe(node: YamlNode): string {
    const scalar = this.#scalar(node);
    if (scalar === undefined) return this.#yaml.isSeq(node) ? "!!seq" : "!!map";
    const { value } = scalar;
    return `${tagOf(scalar)} \`${value.length > 10 ? `${value.slice(0, 7)}...` : value}\``;
  }
}

/** A scalar: its text, and how it is written. */
interface Text {
  readonly value: string;
  readonly type: string;
}

function asNode(yaml: Yaml, value: unknown): YamlNode {
  return yaml.isNode(value) ? value : undefined;
}

function toScalarValue(scalar: Text | undefined): null | boolean | number | string {
  if (scalar === undefined) return null;
  const { value, type } = scalar;
  if (type !== "PLAIN") return value;
  if (/^(~|null|Null|NULL|)$/.test(value)) return null;
  if (/^(true|True|TRUE)$/.test(value)) return true;
  if (/^(false|False|FALSE)$/.test(value)) return false;
  return toNumber(scalar) ?? value;
}

/** The number that a scalar is (resolve.go of yaml.v3); `undefined` where it is none. */
function toNumber({ value, type }: Text): number | undefined {
  if (type !== "PLAIN") return undefined;
  const plain = value.replaceAll("_", "");
  const [, sign = "", digits = ""] = /^([-+]?)(.*)$/s.exec(plain) ?? [];
  const factor = sign === "-" ? -1 : 1;
  if (/^0[xX][0-9a-fA-F]+$|^0[bB][01]+$|^0[oO][0-7]+$/.test(digits)) return factor * Number(digits);
  if (/^0[0-7]+$/.test(digits)) return factor * Number.parseInt(digits, 8);
  if (/^(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(digits)) return factor * Number(digits);
  if (/^(\.inf|\.Inf|\.INF)$/.test(digits)) return factor * Infinity;
  return /^(\.nan|\.NaN|\.NAN)$/.test(plain) ? Number.NaN : undefined;
}

function tagOf(scalar: Text): string {
  const value = toScalarValue(scalar);
  if (value === null) return "!!null";
  if (typeof value === "boolean") return "!!bool";
  if (typeof value === "number") return /^[-+]?(0[xXbBoO])?[0-9a-fA-F_]+$/.test(scalar.value) ? "!!int" : "!!float";
  return "!!str";
}
