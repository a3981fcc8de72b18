import type { Registry } from "../registry.ts";
import type { Host } from "./host.ts";
import type { Probe } from "./probe.ts";
import { remediesFor } from "./remedies.ts";
import type { DoctorReport } from "./report.ts";

/** Asks every probe at once and puts their answers in the registry's order. */
export async function diagnose(
  { host, probes }: { readonly host: Host; readonly probes: Registry<Probe> },
  signal: AbortSignal,
): Promise<DoctorReport> {
  const remedies = await remediesFor(host);
  const answers = await Promise.all(probes.kinds.map((kind) => probes.get(kind).check(host, remedies, signal)));
  const checks = answers.flat();
  return { nativeCluster: checks.every(({ needed, status }) => !needed || status !== "missing"), checks };
}
