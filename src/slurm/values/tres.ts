import { parseCount } from "./count.ts";
import { formatInvalid } from "./format-invalid.ts";
import { parseReportedMemoryMb } from "./memory.ts";

const remedy = "write NAME=VALUE[,NAME=VALUE…], as in cpu=4,mem=8G,gres/gpu=2";

/**
 * Reads a list of trackable resources as Slurm prints it (squeue's `tres-alloc`, sacct's AllocTRES, `TRES=` of scontrol):
 * `cpu=4,mem=1G,node=1,billing=4,gres/gpu=2`. Empty where there is none, which scontrol prints as `(null)`.
 * Throws `FORMAT_INVALID`.
 */
export function parseTres(text: string): ReadonlyMap<string, string> {
  const tres = new Map<string, string>();
  if (text === "" || text === "(null)" || text === "N/A") return tres;
  for (const item of text.split(",")) {
    const at = item.indexOf("=");
    if (at < 1 || at === item.length - 1) throw formatInvalid("TRES", text, "a name or a value is missing", remedy);
    const name = item.slice(0, at);
    if (tres.has(name)) throw formatInvalid("TRES", text, `${name.slice(0, 40)} stands twice`, "leave one of them out");
    tres.set(name, item.slice(at + 1));
  }
  return tres;
}

/** Writes the list back, in the order of the map. */
export function formatTres(tres: ReadonlyMap<string, string>): string {
  return [...tres].map(([name, value]) => `${name}=${value}`).join(",");
}

/** Some generic resource: two of `gres/gpu`, or of `gres/gpu:a100` where `type` is given. */
export interface TresGres {
  readonly name: string;
  readonly type?: string;
  readonly count: number;
}

/** The resources that have a meaning of their own; what the list does not name is absent. */
export interface TresAmounts {
  readonly cpus?: number;
  readonly memoryMb?: number;
  readonly nodes?: number;
  /** A typed count (`gres/gpu:a100=2`) is contained in the one without type, where both stand. */
  readonly gres: readonly TresGres[];
}

/** The amounts in a list of resources. Throws `FORMAT_INVALID` for an amount that is no number. */
export function readTresAmounts(tres: ReadonlyMap<string, string>): TresAmounts {
  const [cpu, memory, node] = [tres.get("cpu"), tres.get("mem"), tres.get("node")];
  const gres = [...tres].flatMap(([key, value]): TresGres[] => {
    const match = /^gres\/([^:]+)(?::(.+))?$/.exec(key);
    if (match === null) return [];
    const [, name = "", type] = match;
    return [{ name, ...(type !== undefined && { type }), count: parseCount(value) }];
  });
  return {
    ...(cpu !== undefined && { cpus: parseCount(cpu) }),
    ...(memory !== undefined && { memoryMb: parseReportedMemoryMb(memory) }),
    ...(node !== undefined && { nodes: parseCount(node) }),
    gres,
  };
}
