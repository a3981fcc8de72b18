import type { Cluster, OutputFile } from "./cluster.ts";

/** A piece of a job's output, in the order in which the job wrote it to that file. */
export interface OutputChunk {
  readonly file: OutputFile;
  readonly bytes: Uint8Array;
}

/** Large enough to keep up with a fast job, small enough that a slow reader holds little of it in memory. */
const chunkBytes = 256 * 1024;

/**
 * Reads output files as they grow, each from its first byte on. Tasks may share a file: it is read once. A file that has
 * become shorter belongs to a job that was requeued and began anew, so it is read from its start.
 */
export class OutputReader {
  readonly #cluster: Cluster;
  readonly #offsets = new Map<string, number>();
  readonly #closed = new Set<string>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Everything that these files hold beyond what was read before. */
  async *read(files: readonly OutputFile[], signal: AbortSignal): AsyncGenerator<OutputChunk> {
    for (const file of files) {
      if (this.#closed.has(file.path)) continue;
      for (;;) {
        const offset = this.#offsets.get(file.path) ?? 0;
        const slice = await this.#cluster.readOutput(file, { offset, maxBytes: chunkBytes }, signal);
        if (slice === undefined) break;
        if (slice.size < offset) {
          this.#offsets.set(file.path, 0);
          continue;
        }
        this.#offsets.set(file.path, offset + slice.bytes.length);
        if (slice.bytes.length === 0) break;
        yield { file, bytes: slice.bytes };
      }
    }
  }

  /** These files are complete and have been read: they cost nothing from now on. */
  close(files: readonly OutputFile[]): void {
    for (const { path } of files) this.#closed.add(path);
  }

  /** Whether the file has been seen at all. */
  hasSeen({ path }: OutputFile): boolean {
    return this.#offsets.has(path);
  }
}
