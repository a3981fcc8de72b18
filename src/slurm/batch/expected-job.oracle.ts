import { formatDuration, parseTimeLimit, toWholeMinutes } from "../values/duration.ts";
import { parseMemoryMb } from "../values/memory.ts";
import { parseNodeRange } from "../values/node-range.ts";
import type { MergedOption } from "./merge-options.ts";
import type { JobFacts } from "./sbatch.oracle.ts";

/**
 * What `scontrol show job` must say of a held job with these options on the tests' cluster, worked out from our reading
 * alone. Holds for as many tasks as fit on the nodes that are asked for.
 */
export function expectedJob(options: readonly MergedOption[]): JobFacts {
  const value = (name: string): string | undefined => options.find(({ option }) => option.name === name)?.value;
  const has = (name: string): boolean => options.some(({ option }) => option.name === name);
  const nodes = parseNodeRange(value("nodes") ?? "1");
  const perNode = value("ntasks-per-node");
  const tasks = Number(value("ntasks") ?? Number(perNode ?? 1) * nodes.min);
  const time = parseTimeLimit(value("time") ?? "UNLIMITED");
  const whole = (value("exclusive") ?? "").toUpperCase() || "NO";
  return {
    name: value("job-name") ?? "job.sh",
    comment: value("comment") ?? "",
    nodes: value("nodes") === undefined ? "1" : `${nodes.min}-${nodes.max}`,
    cpus: Math.max(tasks * Number(value("cpus-per-task") ?? 1), nodes.min),
    timeLimit: formatDuration(time === "unlimited" ? time : toWholeMinutes(time) * 60),
    memory:
      value("mem") === undefined ? megabytes("CPU", value("mem-per-cpu") ?? "256") : megabytes("Node", value("mem")),
    sharing: has("exclusive") ? whole : has("oversubscribe") ? "YES" : "OK",
  };
}

/** In megabytes, whichever unit scontrol chose. */
export function megabytes(what: "CPU" | "Node", text = "0"): string {
  return `MinMemory${what}=${parseMemoryMb(text)}M`;
}
