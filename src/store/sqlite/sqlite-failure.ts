import { SluiceError } from "../../errors.ts";

/** Primary result codes of SQLite (sqlite.org/rescode.html) that lie with the file or the disk, in words. */
const reasons: ReadonlyMap<number, string> = new Map([
  [3, "its file may not be opened; check its permissions"],
  [5, "another process has been writing to it for too long; end that process, or try again"],
  [6, "another process has been writing to it for too long; end that process, or try again"],
  [8, "its file or folder may not be written; check permissions"],
  [10, "the disk gave an error when it was read or written; check the disk"],
  [11, "its file is damaged; restore it from a backup, or move it away to begin anew"],
  [13, "the disk is full; make room on it"],
  [14, "its file cannot be opened; check that the folder is there and may be written"],
  [15, "another process is changing the way the file is shared; try again"],
  [26, "its file is no database of SQLite; name another file, or move it away"],
]);

const busyCodes: readonly number[] = [5, 6, 15];

/** The primary result code of an error of node:sqlite. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

/** Whether another process has what is needed, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code !== undefined && busyCodes.includes(code);
}

/** `STORE_UNAVAILABLE` for what lies with the file, else the error itself. */
export function translateSqlite(error: unknown, file: string): unknown {
  const code = resultCode(error);
  const reason = code === undefined ? undefined : reasons.get(code);
  if (reason === undefined || !(error instanceof Error)) return error;
  return new SluiceError(
    "STORE_UNAVAILABLE",
    `the database of jobs ${file} cannot be used: ${reason} (${error.message})`,
    {
      cause: error,
      details: { file },
    },
  );
}
