import { readFileSync } from "node:fs";
import { SluiceError } from "../../../errors.ts";
import { findConfigError } from "../../../slurm/config/config-error.ts";
import type { NativePaths } from "./paths.ts";

/** The mistake in a cluster's configuration that a daemon's words are about, with file and line; `undefined` where they are about none. */
export function findConfigFault(words: string, paths: NativePaths, cause?: unknown): SluiceError | undefined {
  const files = [paths.slurmConf, paths.gresConf].map((path) => ({ path, text: textOf(path) }));
  const fault = findConfigError(words, files);
  if (fault === undefined) return undefined;
  const file = fault.file ?? paths.slurmConf;
  const place = fault.line === undefined ? file : `${file}:${fault.line}`;
  return new SluiceError("CONFIG_INVALID", `${place}: Slurm refuses it: ${fault.message}`, {
    cause,
    details: { file, ...(fault.line === undefined ? {} : { line: fault.line }) },
  });
}

/**
 * Turns a daemon's failure into the mistake in its configuration that made it, with file and line, where its words name one;
 * any other failure is given back as it is.
 */
export function toConfigFault(error: unknown, outputFiles: readonly string[], paths: NativePaths): unknown {
  const isFailure =
    error instanceof SluiceError && (error.code === "DAEMON_FAILED" || error.code === "DEADLINE_EXCEEDED");
  return isFailure ? (findConfigFault(outputFiles.map(textOf).join("\n"), paths, error) ?? error) : error;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // What cannot be read explains nothing.
    return "";
  }
}
