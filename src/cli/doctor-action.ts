import { diagnose } from "../doctor/diagnose.ts";
import { localHost } from "../doctor/hosts/local.ts";
import { probes } from "../doctor/probes.ts";
import type { Check, DoctorReport } from "../doctor/report.ts";
import { errorCodes } from "../error-codes.ts";
import type { Context } from "./command.ts";

/** Prints the report; 0 where a native cluster can run here, the exit code of `SLURM_MISSING` where not. */
export async function doctor(context: Context, options: { readonly json?: boolean }): Promise<number> {
  const { path } = await context.config();
  return answer(context, options, await diagnose({ host: localHost(path), probes }, context.signal));
}

/** Prints a report, and gives the exit code that goes with it. */
export function answer(
  context: Pick<Context, "io">,
  options: { readonly json?: boolean },
  report: DoctorReport,
): number {
  context.io.out(options.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : toTable(report));
  return report.nativeCluster ? 0 : errorCodes.SLURM_MISSING.exit;
}

/** One line per check, its remedy on the next, and the verdict last. */
export function toTable({ checks, nativeCluster }: DoctorReport): string {
  const width = (pick: (check: Check) => string): number => Math.max(...checks.map((check) => pick(check).length), 0);
  const [titles, founds] = [
    width(({ title }) => title),
    Math.min(
      40,
      width(({ found }) => found),
    ),
  ];
  const lines = checks.flatMap(({ status, title, found, why, remedy, needed }) => [
    `${status.padEnd(7)}  ${title.padEnd(titles)}  ${found.padEnd(founds)}  ${why}`,
    ...(remedy === undefined ? [] : [`${" ".repeat(9)}${needed ? "needed" : "optional"}: ${remedy}`]),
  ]);
  const verdict = nativeCluster
    ? "A native test cluster can run here: sluice cluster create --start"
    : "A native test cluster cannot run here yet. `sluice run` still runs scripts as plain processes (kind `process`).";
  return `${lines.join("\n")}\n\n${verdict}\n`;
}
