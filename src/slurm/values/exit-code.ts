import type { ExitStatus } from "../../schema/job.ts";
import { formatInvalid } from "./format-invalid.ts";

/**
 * Reads the `status:signal` of `ExitCode` in sacct(1), `scontrol show job` and squeue's `exit_code`: `0:0`, `3:0`, `0:9`.
 * Throws `FORMAT_INVALID`.
 */
export function parseExitCode(text: string): ExitStatus {
  const match = /^(\d{1,9}):(\d{1,9})$/.exec(text);
  if (match === null) {
    throw formatInvalid(
      "exit code",
      text,
      "not two whole numbers",
      "Slurm writes STATUS:SIGNAL, as in 0:9 (sacct(1), ExitCode)",
    );
  }
  return { status: Number(match[1]), signal: Number(match[2]) };
}

/** Writes an exit as Slurm does, `3:0`. */
export function formatExitCode(exit: ExitStatus): string {
  return `${exit.status}:${exit.signal}`;
}
