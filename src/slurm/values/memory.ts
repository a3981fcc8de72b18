import { formatInvalid } from "./format-invalid.ts";

/** Units of memory in MB, as Slurm means them: powers of 1024. */
const megabytes: Readonly<Record<string, number>> = {
  K: 1 / 1024,
  M: 1,
  G: 1024,
  T: 1024 ** 2,
  P: 1024 ** 3,
  E: 1024 ** 4,
};

/**
 * Reads a memory size in MB as sbatch(1), `--mem` takes it: `100` and `100M` are 100 MB, `1G`, `1GB` and `1024m` are 1024;
 * a size in K is rounded upwards. 0 stands for all the memory of a node. Throws `FORMAT_INVALID`.
 */
export function parseMemoryMb(text: string): number {
  const match = /^(\d+)(?:([KMGT])B?)?$/i.exec(text);
  if (match === null) {
    throw formatInvalid(
      "memory size",
      text,
      "not a whole number with a unit",
      "write 1536M rather than 1.5G; units are K, M, G and T, and M where none stands (sbatch(1), --mem)",
    );
  }
  const size = Math.ceil(Number(match[1]) * (megabytes[match[2]?.toUpperCase() ?? "M"] ?? 1));
  if (Number.isSafeInteger(size)) return size;
  throw formatInvalid("memory size", text, "too large for Slurm", "write a size that a node can have");
}

/** Writes a size in MB in the largest unit that keeps it whole, as Slurm prints it: `1G`, `1536M`, `0`. */
export function formatMemoryMb(mb: number): string {
  if (mb === 0) return "0";
  if (mb % 1024 ** 2 === 0) return `${mb / 1024 ** 2}T`;
  return mb % 1024 === 0 ? `${mb / 1024}G` : `${mb}M`;
}

/**
 * Reads a memory size that Slurm printed, in MB: whole or with a fraction (`16G`, `3.91G`, sacct's `1234K`), and with the
 * `n` (per node) or `c` (per CPU) that sacct's ReqMem had before Slurm 21.08. Throws `FORMAT_INVALID`.
 */
export function parseReportedMemoryMb(text: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,15})?)([KMGTPE]?)[nc]?$/.exec(text);
  if (match === null) {
    throw formatInvalid("memory size in Slurm's output", text, "not a size", "expected a number and a unit, as in 16G");
  }
  return Number(match[1]) * (megabytes[match[2] || "M"] ?? 1);
}
