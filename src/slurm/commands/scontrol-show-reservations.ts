import type { Command } from "../../schema/command.ts";
import { readerEnvironment } from "./environment.ts";
import { expectSuccess } from "./failure.ts";
import { optionalTime, optionalWord, present, readingReply } from "./reply.ts";

/** Times are ISO 8601 in UTC. */
export interface ShownReservation {
  readonly name: string;
  readonly startTime?: string;
  readonly endTime?: string;
  /** A hostlist. */
  readonly nodes?: string;
  /** `MAINT`, `IGNORE_JOBS`, `SPEC_NODES`, … */
  readonly flags: readonly string[];
  /** `ACTIVE` or `INACTIVE`. */
  readonly state?: string;
}

/** Shows reservations: `scontrol show reservation`. Throws `CLUSTER_UNREACHABLE`, `REPLY_UNREADABLE`. */
export function showReservations(): Command<readonly ShownReservation[]> {
  return {
    argv: ["scontrol", "--oneliner", "show", "reservation"],
    env: readerEnvironment,
    parse(output) {
      expectSuccess("scontrol", output);
      return readingReply("scontrol show reservation", () =>
        output.stdout
          .split("\n")
          .filter((line) => line.startsWith("ReservationName="))
          .map((line) => {
            const word = (key: string): string | undefined =>
              optionalWord(new RegExp(`(?:^| )${key}=(\\S+)`).exec(line)?.[1]);
            return present({
              name: word("ReservationName") ?? "",
              startTime: optionalTime("scontrol show reservation", word("StartTime")),
              endTime: optionalTime("scontrol show reservation", word("EndTime")),
              nodes: word("Nodes"),
              flags: word("Flags")?.split(",") ?? [],
              state: word("State"),
            });
          }),
      );
    },
  };
}
