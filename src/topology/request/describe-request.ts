import { compareBytes } from "../names/compare-bytes.ts";
import type { ParamMap, ParamValue } from "../params/param-value.ts";
import { goJson } from "./go-json-writer.ts";
import type { TopologyRequest } from "./topology-request.ts";

/** Longer values are cut off, so that no request fills the log. */
const longest = 1_000;

/**
 * A request for the log, in the lines of Topograph: the values of credentials are `***`. Nodes are counted, for there may be
 * a hundred thousand of them, and what came from outside begins no line of its own.
 */
export function describeRequest({ provider, engine, nodes = [] }: TopologyRequest): string {
  const regions = nodes.map(({ region, instances }) => ` ${shown(region)}: [${instances.size} instances]`);
  return [
    "TopologyRequest:",
    `  Provider:${named(provider.name)}`,
    `  Credentials: [${keysOf(provider.creds)
      .map((key) => `${shown(key)}:***`)
      .join(" ")}]`,
    `  Parameters: [${paramsText(provider.params)}]`,
    `  Engine:${named(engine.name)}`,
    `  Parameters: [${paramsText(engine.params)}]`,
    `  Nodes:${cut(regions.join(""))}`,
  ].join("\n");
}

function named(name: string): string {
  return name === "" ? "" : ` ${shown(name)}`;
}

function keysOf(params: ParamMap | undefined): readonly string[] {
  return [...(params?.keys() ?? [])].sort(compareBytes);
}

function paramsText(params: ParamMap | undefined): string {
  return cut(
    keysOf(params)
      .map((key) => {
        const value = params?.get(key) ?? null;
        return `${shown(key)}:${typeof value === "string" ? shown(value) : written(value)}`;
      })
      .join(" "),
  );
}

/** The log shows what it can of that which has no JSON. */
function written(value: ParamValue): string {
  try {
    return goJson(value);
  } catch (error) {
    if (error instanceof RangeError) return "?";
    throw error;
  }
}

function shown(text: string): string {
  return cut(text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`));
}

function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}
