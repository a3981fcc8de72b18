import { CommanderError } from "commander";
import { errorCodes, type SluiceErrorCode } from "../error-codes.ts";
import { SluiceError } from "../errors.ts";
import type { Context } from "./command.ts";
import { argumentsOfSsh } from "./cluster/ssh.ts";
import { argumentsOfSubmit } from "./jobs/submit.ts";
import { argumentsOfRun } from "./run.ts";
import { createProgram } from "./program.ts";
import { visibleIo } from "./visible.ts";

/** Runs one command line, prints what went wrong, and returns the exit code. Never throws. */
export async function runProgram(argv: readonly string[], door: Context): Promise<number> {
  const context: Context = { ...door, io: visibleIo(door.io) };
  try {
    await createProgram(context).parseAsync(argumentsOfSsh(argumentsOfSubmit(argumentsOfRun(argv))), { from: "user" });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return ended(error, context);
    if (error instanceof SluiceError) return failed(error.code, error.message, errorCodes[error.code].remedy, context);
    if (context.signal.aborted && error instanceof Error && error.name === "AbortError") {
      return failed("CANCELLED", "stopped as asked", errorCodes.CANCELLED.remedy, context);
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    context.io.err(`error: this is a mistake in Sluice itself; please report it\n${text}\n`);
    return 70;
  }
}

/** Commander ends by throwing, also where help or the version was asked for and has been printed. */
function ended(error: CommanderError, context: Context): number {
  if (error.exitCode === 0) return 0;
  if (error.code === "commander.help") return errorCodes.INPUT_INVALID.exit;
  const message = error.message.replace(/^error: /, "").replaceAll("\n", " ");
  return failed("INPUT_INVALID", message, "`--help` after the command lists what it takes.", context);
}

function failed(code: SluiceErrorCode, message: string, remedy: string, context: Context): number {
  context.io.err(`error: ${message} [${code}]\n  ${remedy}\n`);
  return errorCodes[code].exit;
}
