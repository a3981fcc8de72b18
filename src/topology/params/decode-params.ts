import { compareBytes } from "../names/compare-bytes.ts";
import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";
import { goKindOf, goText, goTypeOf, isList } from "./go-value.ts";
import type { Decoded, ParamTable, ParamType } from "./param-table.ts";
import type { ParamMap, ParamValue } from "./param-value.ts";

export interface DecodeOptions {
  /** Stands before the whole message: simulations say `error decoding params: `. */
  readonly prefix?: string;
}

/**
 * Reads parameters as Topograph does (mapstructure 1.5 with its hook for strings): names in any case, an exact one first;
 * unknown names passed over; text read as a number or a truth where one is asked for, anything written out where text is;
 * fractions cut off; `null` as good as absent. Throws `TopologyError` (400) that names all that is wrong.
 */
export function decodeParams<Table extends ParamTable>(
  table: Table,
  given: ParamMap,
  options: DecodeOptions = {},
): Decoded<Table> {
  const problems: string[] = [];
  const decoded = decodeTable(table, given, "", problems);
  if (problems.length === 0) return decoded;
  const listed = problems
    .map((problem) => `* ${problem}`)
    .sort(compareBytes)
    .join("\n");
  throw new TopologyError(
    400,
    `${options.prefix ?? ""}could not decode configuration: ${problems.length} error(s) decoding:\n\n${listed}`,
  );
}

// Every name is read by its own type, which only the first of these signatures can say.
function decodeTable<Table extends ParamTable>(
  table: Table,
  given: ParamMap,
  path: string,
  problems: string[],
): Decoded<Table>;
function decodeTable(
  table: ParamTable,
  given: ParamMap,
  path: string,
  problems: string[],
): Readonly<Record<string, unknown>> {
  const byFold = new Map<string, string>();
  for (const key of [...given.keys()].sort(compareBytes)) {
    const fold = foldCase(key);
    if (!byFold.has(fold)) byFold.set(fold, key);
  }
  const decoded: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(table)) {
    const key = given.has(name) ? name : byFold.get(foldCase(name));
    const value = key === undefined ? undefined : given.get(key);
    if (value !== undefined && value !== null) {
      decoded[name] = decodeValue(spec.type, value, path === "" ? name : `${path}.${name}`, problems);
    }
  }
  return decoded;
}

/** What cannot be read is added to the problems, and is `undefined`. */
function decodeValue(type: ParamType, value: ParamValue, path: string, problems: string[]): unknown {
  if (typeof type === "object") {
    if (!isMap(value)) return refuse(problems, `'${path}' expected a map, got '${goKindOf(value)}'`);
    if ("object" in type) return decodeTable(type.object, value, path, problems);
    return decodeEntries(value, path, (item, key) => {
      if (item === null) return null;
      return decodeValue({ object: type.mapOf }, item, key, problems);
    });
  }
  if (type === "any") return value;
  if (type === "string") return goText(value);
  if (type === "int") return decodeInt(value, path, problems);
  if (type === "bool") return decodeBool(value, path, problems);
  if (type === "string-list") {
    return decodeList(value, path, problems, (item) => (item === null ? "" : goText(item)));
  }
  if (type === "int-list") {
    return decodeList(value, path, problems, (item, key) => (item === null ? 0 : decodeInt(item, key, problems)));
  }
  if (!isMap(value)) return refuse(problems, `'${path}' expected a map, got '${goKindOf(value)}'`);
  return decodeEntries(value, path, (item) => (item === null ? "" : goText(item)));
}

function decodeList(
  value: ParamValue,
  path: string,
  problems: string[],
  decodeItem: (item: ParamValue, path: string) => unknown,
): unknown {
  if (isList(value)) return value.map((item, index) => decodeItem(item, `${path}[${index}]`));
  return refuse(problems, `'${path}': source data must be an array or slice, got ${goKindOf(value)}`);
}

function decodeEntries(
  value: ParamMap,
  path: string,
  decodeItem: (item: ParamValue, path: string) => unknown,
): ReadonlyMap<string, unknown> {
  return new Map(Array.from(value, ([key, item]) => [key, decodeItem(item, `${path}[${key}]`)]));
}

/** Go's `int`, which has 64 bits; what does not fit becomes the smallest, as on the machines that Topograph is built for. */
const smallestInt = -(2 ** 63);

function decodeInt(value: ParamValue, path: string, problems: string[]): number | undefined {
  if (typeof value === "number") {
    const whole = Math.trunc(value) + 0;
    return whole >= smallestInt && whole < -smallestInt ? whole : smallestInt;
  }
  if (typeof value !== "string") return refuse(problems, unconvertible("int", value, path));
  const digits = /^[+-]?0*(\d{1,19})$/.exec(value)?.[1];
  if (digits !== undefined) {
    const exact = value.startsWith("-") ? -BigInt(digits) : BigInt(digits);
    if (BigInt.asIntN(64, exact) === exact) return Number(exact);
  }
  return refuse(problems, `error decoding '${path}': invalid int ${quoteGo(value)}`);
}

const truths: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["1", "t", "T", "true", "TRUE", "True"].map((text) => [text, true])),
  ...Object.fromEntries(["0", "f", "F", "false", "FALSE", "False"].map((text) => [text, false])),
};

function decodeBool(value: ParamValue, path: string, problems: string[]): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") return refuse(problems, unconvertible("bool", value, path));
  const truth = Object.hasOwn(truths, value) ? truths[value] : undefined;
  if (truth === undefined) problems.push(`error decoding '${path}': invalid bool ${quoteGo(value)}`);
  return truth;
}

function unconvertible(wanted: string, value: ParamValue, path: string): string {
  const [type, text] = [goTypeOf(value), goText(value)];
  return `'${path}' expected type '${wanted}', got unconvertible type '${type}', value: '${text}'`;
}

function refuse(problems: string[], problem: string): undefined {
  problems.push(problem);
  return undefined;
}

function isMap(value: ParamValue): value is ParamMap {
  return value instanceof Map;
}

/** Two names are the same in any case, the long s and the sign of Kelvin included (Go's `strings.EqualFold`). */
function foldCase(name: string): string {
  const folded = name.toUpperCase().toLowerCase();
  return folded.length === name.length ? folded : name;
}
