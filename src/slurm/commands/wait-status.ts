import type { ExitStatus } from "../../schema/job.ts";
import { parseExitCode } from "../values/exit-code.ts";

/**
 * Reads `exit_code` and `DerivedEC` of squeue(1), `--Format`: the number that wait(2) gave (`768` is exit 3, `9` is signal
 * 9, 128 more for a core dump). `status:signal` is taken too.
 */
export function parseWaitStatus(text: string): ExitStatus {
  if (!/^\d{1,10}$/.test(text)) return parseExitCode(text);
  const status = Number(text);
  const signal = status & 0x7f;
  return signal === 0 ? { status: (status >> 8) & 0xff, signal: 0 } : { status: 0, signal };
}
