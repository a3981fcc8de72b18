import type { Command } from "../../schema/command.ts";
import { readerEnvironment } from "./environment.ts";
import { slurmFailure } from "./failure.ts";

export interface PingedController {
  /** `primary`, `backup`, `backup1`, … */
  readonly role: string;
  readonly host: string;
  readonly isUp: boolean;
}

/**
 * Asks which controllers answer: `scontrol ping`. A controller that is down is an answer, not an error, though scontrol
 * ends with exit code 1 when none is up.
 */
export function ping(): Command<readonly PingedController[]> {
  return {
    argv: ["scontrol", "ping"],
    env: readerEnvironment,
    parse(output) {
      const lines = [...output.stdout.matchAll(/^Slurmctld\((\S+)\) at (\S+) is (UP|DOWN)\b/gm)];
      if (lines.length === 0) throw slurmFailure("scontrol ping", output, "REPLY_UNREADABLE");
      return lines.map(([, role = "", host = "", word]) => ({ role, host, isUp: word === "UP" }));
    },
  };
}
