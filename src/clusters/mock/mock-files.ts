import type { FileRange, FileSlice } from "../../jobs/runner.ts";

/** Files that stand in memory alone. */
export class MockFiles {
  readonly #files = new Map<string, Buffer>();

  /** Makes the file, or empties it. */
  empty(path: string): void {
    this.#files.set(path, Buffer.alloc(0));
  }

  append(path: string, words: string | Uint8Array): void {
    this.#files.set(path, Buffer.concat([this.#files.get(path) ?? Buffer.alloc(0), Buffer.from(words)]));
  }

  /** Makes the file, or replaces it. */
  write(path: string, content: string | Uint8Array): void {
    this.#files.set(path, Buffer.from(content));
  }

  read(path: string, { offset, maxBytes }: FileRange): FileSlice | undefined {
    const file = this.#files.get(path);
    return file === undefined ? undefined : { bytes: file.subarray(offset, offset + maxBytes), size: file.length };
  }

  /** All files of a folder. */
  removeFolder(directory: string): void {
    for (const path of this.#files.keys()) if (path.startsWith(`${directory}/`)) this.#files.delete(path);
  }
}
