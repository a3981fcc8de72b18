import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Puts a whole file in the place of another, or of none: nobody ever sees half of it. What may be lost with the machine's
 * power is not waited for on the disk (`lasting: false`). Throws the error of the file system, and leaves nothing then.
 */
export function replaceFile(path: string, content: string | Uint8Array, { lasting = true } = {}): void {
  // Ranks of one call may write the same file.
  const temporary = `${path}.${process.pid}.new`;
  try {
    const file = openSync(temporary, "w", 0o600);
    try {
      writeFileSync(file, content);
      // Network file systems say by this that they have no more room (close(2)).
      if (lasting) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
