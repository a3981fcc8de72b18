import type { ParamSpec } from "../params/param-table.ts";

/** `trimTiers` as every live provider takes it; `trimTiersOf` reads it. */
export const trimTiersParam = {
  type: "int",
  doc: "How many tiers to leave out from the top: 0, 1 or 2.",
  shownDefault: "0",
} as const satisfies ParamSpec;
