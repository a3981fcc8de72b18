import type { ParamValue } from "../params/param-value.ts";

/**
 * A map of a file of settings whose keys are not all text, such as `{1: a}`. Topograph cannot write it as JSON, and so has no
 * id for requests that it is a default of.
 */
export class ForeignMap extends Map<string, ParamValue> {}
