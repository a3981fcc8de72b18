import { quoteGo } from "../names/quote-go.ts";
import type { ParamSpec } from "../params/param-table.ts";
import type { ParamMap, ParamValue } from "../params/param-value.ts";
import { TopologyError } from "../topology-error.ts";

/** Picks switches by the names in their descriptions. */
export interface SwitchSelector {
  /** Whether a switch at which hosts stand is part of the fabric. */
  acceptsLeaf(name: string): boolean;
  /** Whether a switch of any level is left out, and all that is reached through it alone. */
  excludes(name: string): boolean;
}

/** How the parameter is documented wherever it is taken. */
export const switchSelectorParam: ParamSpec = {
  type: {
    object: {
      include: { type: "string-list", doc: "A leaf switch has to match one of these." },
      exclude: { type: "string-list", doc: "No switch, of any level, may match one of these." },
    },
  },
  doc: "Regular expressions (RE2) on names of switches, to keep compute and storage fabrics apart. With it every port of a node is discovered, for they may lead to different fabrics.",
};

/**
 * Reads the parameter `switchSelector: {include: […], exclude: […]}`; `undefined` where it is left out. Throws
 * `TopologyError` (400).
 */
export async function readSwitchSelector(params: ParamMap): Promise<SwitchSelector | undefined> {
  const given = params.get("switchSelector");
  if (given === undefined) return undefined;
  if (!isMap(given)) throw refused("switchSelector must be an object");
  const include = await patternsOf(given, "include");
  const exclude = await patternsOf(given, "exclude");
  if (include.length === 0 && exclude.length === 0) {
    throw refused("switchSelector requires include or exclude patterns");
  }
  const excludes = (name: string): boolean => exclude.some((matches) => matches(name));
  return {
    excludes,
    acceptsLeaf: (name) => !excludes(name) && (include.length === 0 || include.some((matches) => matches(name))),
  };
}

type Pattern = (name: string) => boolean;

async function patternsOf(section: ParamMap, key: "include" | "exclude"): Promise<readonly Pattern[]> {
  const given = section.get(key);
  if (given === undefined) return [];
  const list: readonly ParamValue[] = Array.isArray(given) ? given : [];
  if (list.length === 0) throw refused(`switchSelector.${key} must be a non-empty list of regular expressions`);
  // RE2 cannot be made to take forever by a pattern, which comes with a request.
  const { RE2JS } = await import("re2js");
  return list.map((pattern) => {
    if (typeof pattern !== "string" || pattern === "") {
      throw refused(`switchSelector.${key} must contain non-empty strings`);
    }
    try {
      const compiled = RE2JS.compile(pattern);
      return (name) => compiled.matcher(name).find();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw refused(`invalid switchSelector.${key} pattern ${quoteGo(pattern)}: ${reason}`);
    }
  });
}

function isMap(value: ParamValue): value is ParamMap {
  return value instanceof Map;
}

function refused(message: string): TopologyError {
  return new TopologyError(400, message);
}
