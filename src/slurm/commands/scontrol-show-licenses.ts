import type { Command } from "../../schema/command.ts";
import { readerEnvironment } from "./environment.ts";
import { expectSuccess } from "./failure.ts";
import { readingReply, wholeNumber } from "./reply.ts";

export interface ShownLicence {
  readonly name: string;
  readonly total: number;
  readonly used: number;
  readonly free: number;
  /** Kept for reservations. */
  readonly reserved: number;
}

/** Shows licences and how many of them are in use: `scontrol show licenses`. Throws `CLUSTER_UNREACHABLE`, `REPLY_UNREADABLE`. */
export function showLicences(): Command<readonly ShownLicence[]> {
  return {
    argv: ["scontrol", "--oneliner", "show", "licenses"],
    env: readerEnvironment,
    parse(output) {
      expectSuccess("scontrol", output);
      return readingReply("scontrol show licenses", () =>
        output.stdout
          .split("\n")
          .filter((line) => line.startsWith("LicenseName="))
          .map((line) => {
            const value = (key: string): string | undefined => new RegExp(`(?:^| )${key}=(\\S+)`).exec(line)?.[1];
            const number = (key: string): number => wholeNumber("scontrol show licenses", value(key));
            return {
              name: value("LicenseName") ?? "",
              total: number("Total"),
              used: number("Used"),
              free: number("Free"),
              reserved: Number(value("Reserved") ?? 0),
            };
          }),
      );
    },
  };
}
