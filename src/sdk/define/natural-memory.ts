import { formatInvalid } from "../../slurm/values/format-invalid.ts";
import { formatMemoryMb } from "../../slurm/values/memory.ts";

/** Units in MiB. Slurm's own are powers of 1024 too, however they are written. */
const inMiB: Readonly<Record<string, number>> = { k: 1 / 1024, m: 1, g: 1024, t: 1024 ** 2 };

/**
 * A size of memory as sbatch reads it: a number is MiB; a text may have a fraction and a unit (`1.5G`, `4 GB`, `512MiB`).
 * Rounded upwards to whole MiB. Throws `FORMAT_INVALID`.
 */
export function toMemoryText(value: number | string): string {
  const [, amount, unit = "m"] = /^\s*(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?)?\s*$/i.exec(String(value)) ?? [];
  const size = Math.ceil(Number(amount) * (inMiB[unit.toLowerCase()] ?? 1));
  if (Number.isSafeInteger(size)) return formatMemoryMb(size);
  throw formatInvalid(
    "memory size",
    String(value),
    "not a size",
    'give MiB as a number, or a text as "4G" or "1.5 GiB"',
  );
}
