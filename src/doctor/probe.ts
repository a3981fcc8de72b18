import type { Host } from "./host.ts";
import type { Remedies } from "./remedies.ts";
import type { Check } from "./report.ts";

/** One question to a machine, ready to be asked. */
export interface Probe {
  readonly kind: string;
  check(host: Host, remedies: Remedies, signal: AbortSignal): Promise<readonly Check[]>;
}

/**
 * A probe in its two halves: `inspect` looks and concludes nothing, `judge` concludes and looks at nothing, so that every
 * conclusion can be tested without the machine that calls for it.
 */
export interface ProbeParts<Facts> {
  readonly kind: string;
  inspect(host: Host, signal: AbortSignal): Promise<Facts>;
  judge(facts: Facts, remedies: Remedies): readonly Check[];
}

/** Joins the halves. */
export function probe<Facts>(parts: ProbeParts<Facts>): Probe & ProbeParts<Facts> {
  return {
    ...parts,
    check: async (host, remedies, signal) => parts.judge(await parts.inspect(host, signal), remedies),
  };
}
