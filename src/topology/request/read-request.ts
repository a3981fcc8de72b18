import type { ComputeInstances } from "../graph/topology-graph.ts";
import type { ParamValue } from "../params/param-value.ts";
import { TopologyError } from "../topology-error.ts";
import { GoJsonError } from "./go-json-scanner.ts";
import { findHuge, HugeNumber, isParamValue, JsonObject, readGoJson, type JsonValue } from "./go-json-reader.ts";
import type { TopologyRequest } from "./topology-request.ts";

/** Levels of objects down to the parameters and the instances of a region; of what is in those the last one counts. */
const shallow = 3;

/**
 * Reads the body of a request as Go's encoding/json reads it into Topograph's structs: keys in any case, unknown ones
 * passed over, `null` as nothing, structs and maps that are given twice merged. An empty body is an empty request. Throws
 * `TopologyError` (400) with Go's words.
 */
export function readRequest(body: Uint8Array): TopologyRequest {
  const draft = new Draft();
  if (body.length > 0) {
    let json: JsonValue;
    try {
      json = readGoJson(body, { shallow });
    } catch (error) {
      if (error instanceof GoJsonError) throw unparsed(error.message);
      throw error;
    }
    draft.take(json);
  }
  return draft.request();
}

function unparsed(message: string): TopologyError {
  return new TopologyError(400, `failed to parse payload: ${message}`);
}

/** Where a value belongs: the Go struct that is around it and the fields on the way, which stand in Go's messages. */
interface Place {
  readonly struct: string;
  readonly path: string;
}

interface DraftRegion {
  region: string;
  instances: Map<string, string>;
}

class Draft {
  readonly #provider = {
    name: "",
    creds: undefined as Map<string, ParamValue> | undefined,
    params: undefined as Map<string, ParamValue> | undefined,
  };
  readonly #engine = { name: "", params: undefined as Map<string, ParamValue> | undefined };
  /** Longer than `#count` where a list that was given before was: Go merges what comes next with what is left there. */
  #regions: DraftRegion[] = [];
  #count: number | undefined;

  take(json: JsonValue): void {
    eachField(json, "topology.Request", undefined, {
      provider: (value, place) => this.#takeProvider(value, place),
      engine: (value, place) => this.#takeEngine(value, place),
      nodes: (value, place) => this.#takeNodes(value, place),
    });
  }

  #takeProvider(json: JsonValue, at: Place): void {
    const into = this.#provider;
    eachField(json, "topology.Provider", at, {
      name: (value, place) => (into.name = takeString(value, place) ?? into.name),
      creds: (value, place) => (into.creds = takeParams(value, place, into.creds)),
      params: (value, place) => (into.params = takeParams(value, place, into.params)),
    });
  }

  #takeEngine(json: JsonValue, at: Place): void {
    const into = this.#engine;
    eachField(json, "topology.Engine", at, {
      name: (value, place) => (into.name = takeString(value, place) ?? into.name),
      params: (value, place) => (into.params = takeParams(value, place, into.params)),
    });
  }

  #takeNodes(json: JsonValue, at: Place): void {
    if (json === null) {
      this.#regions = [];
      this.#count = undefined;
      return;
    }
    if (!Array.isArray(json)) throw mismatch(json, "[]topology.ComputeInstances", at);
    if (json.length === 0) this.#regions = [];
    this.#count = json.length;
    for (const [index, item] of json.entries()) {
      const into = (this.#regions[index] ??= { region: "", instances: new Map() });
      eachField(item, "topology.ComputeInstances", at, {
        region: (value, place) => (into.region = takeString(value, place) ?? into.region),
        instances: (value, place) => (into.instances = takeInstances(value, place, into.instances)),
      });
    }
  }

  request(): TopologyRequest {
    const nodes: readonly ComputeInstances[] | undefined =
      this.#count === undefined ? undefined : this.#regions.slice(0, this.#count);
    return { provider: this.#provider, engine: this.#engine, nodes };
  }
}

type Taker = (value: JsonValue, place: Place) => void;

/** Hands on the members of a struct in their order; `null` has none. */
function eachField(
  json: JsonValue,
  type: string,
  at: Place | undefined,
  fields: Readonly<Record<string, Taker>>,
): void {
  if (json === null) return;
  if (!isObject(json)) throw mismatch(json, type, at);
  const struct = type.slice(type.indexOf(".") + 1);
  for (const [key, value] of membersOf(json)) {
    const field = foldKey(key);
    if (!Object.hasOwn(fields, field)) continue;
    fields[field]?.(value, { struct, path: at === undefined ? field : `${at.path}.${field}` });
  }
}

function takeString(json: JsonValue, at: Place): string | undefined {
  if (json === null || typeof json === "string") return json ?? undefined;
  throw mismatch(json, "string", at);
}

function takeParams(
  json: JsonValue,
  at: Place,
  before: Map<string, ParamValue> | undefined,
): Map<string, ParamValue> | undefined {
  if (json === null) return undefined;
  if (!isObject(json)) throw mismatch(json, "map[string]interface {}", at);
  const params = before ?? new Map<string, ParamValue>();
  for (const [key, value] of membersOf(json)) {
    if (!isParamValue(value)) throw mismatch(findHuge(value) ?? value, "float64", at);
    params.set(key, value);
  }
  return params;
}

function takeInstances(json: JsonValue, at: Place, before: Map<string, string>): Map<string, string> {
  if (json === null) return new Map();
  if (!isObject(json)) throw mismatch(json, "map[string]string", at);
  for (const [key, value] of membersOf(json)) before.set(key, takeString(value, at) ?? "");
  return before;
}

function isObject(json: JsonValue): json is JsonObject | Map<string, JsonValue> {
  return json instanceof JsonObject || json instanceof Map;
}

function* membersOf(object: JsonObject | Map<string, JsonValue>): Iterable<readonly [string, JsonValue]> {
  if (object instanceof Map) yield* object;
  else for (const [index, key] of object.keys.entries()) yield [key, object.values[index] ?? null];
}

/** As Go compares keys with names of fields, which are of ASCII letters: without case, and the long s is an s, too. */
function foldKey(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replaceAll("\u017f", "s");
}

function mismatch(json: JsonValue, type: string, at: Place | undefined): TopologyError {
  const into = at === undefined ? "Go value" : `Go struct field ${at.struct}.${at.path}`;
  return unparsed(`json: cannot unmarshal ${kindOf(json, type)} into ${into} of type ${type}`);
}

function kindOf(json: JsonValue, type: string): string {
  if (json instanceof HugeNumber) return type === "float64" ? `number ${json.text}` : "number";
  if (Array.isArray(json)) return "array";
  if (isObject(json)) return "object";
  return typeof json === "boolean" ? "bool" : typeof json;
}
