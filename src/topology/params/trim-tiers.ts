import { TopologyError } from "../topology-error.ts";
import { goText, goTypeOf } from "./go-value.ts";
import type { ParamValue } from "./param-value.ts";

const mostTrimmed = 2;

/**
 * How many tiers a live provider leaves out from the top; 0 where the parameter is left out. Stricter than `decodeParams`,
 * with which simulations take any number. Throws `TopologyError` (400); most providers put `parameters error: ` before it.
 */
export function trimTiersOf(value: ParamValue | undefined, options: { readonly prefix?: string } = {}): number {
  if (value === undefined || value === null) return 0;
  const refused = (reason: string) =>
    new TopologyError(400, `${options.prefix ?? ""}invalid 'trimTiers' value '${goText(value)}': ${reason}`);
  if (typeof value !== "number") throw refused(`unsupported type ${goTypeOf(value)}`);
  if (!Number.isInteger(value) || value < 0 || value > mostTrimmed) {
    throw refused(`must be an integer between 0 and ${mostTrimmed}`);
  }
  return value + 0;
}
