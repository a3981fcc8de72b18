import { SluiceError } from "../../errors.ts";
import type { TomlPlace } from "./toml-places.ts";

/** What is wrong in a Slurmfile, and where. */
export interface SlurmfileFault {
  readonly file: string;
  readonly place: TomlPlace;
  /** `default.submit.time`; absent where the file as a whole is meant. */
  readonly field?: string;
  readonly problem: string;
  readonly cause?: unknown;
}

/** `SLURMFILE_INVALID`, with line and column. */
export function slurmfileInvalid({ file, place, field, problem, cause }: SlurmfileFault): SluiceError {
  const { line, column } = place;
  const what = field === undefined ? problem : `${field} ${problem}`;
  return new SluiceError("SLURMFILE_INVALID", `${file}:${line}:${column}: ${what}`, {
    cause,
    details: { file, line, column, ...(field !== undefined && { field }) },
  });
}
