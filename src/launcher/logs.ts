import { open, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { SluiceError } from "../errors.ts";
import { openCluster, requireRecord, type LauncherDeps } from "./clusters.ts";
import type { LogSource } from "./driver.ts";

export interface LogRequest {
  readonly name: string;
  /** A node's or service's name; absent: all of them. */
  readonly source?: string;
  /** Only so many of the newest lines of each log to begin with; absent: all. */
  readonly tail?: number;
  /** Go on until the signal aborts, across a restart too. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export interface LogLine {
  readonly source: string;
  readonly line: string;
}

const chunkBytes = 64 * 1024;
const followPauseMs = 100;

/**
 * The lines of a cluster's logs, one log after the other, then, with `follow`, as they come. Throws `CLUSTER_NOT_FOUND`,
 * `NODE_NOT_FOUND` naming the logs that there are.
 */
export async function* clusterLogs(deps: LauncherDeps, request: LogRequest): AsyncGenerator<LogLine> {
  const record = requireRecord(deps, request.name);
  const sources = chooseSources(deps.drivers.get(record.driver).logs(openCluster(record)), request);
  const readers = sources.map((source) => new LogReader(source));
  for (const reader of readers) {
    const lines: LogLine[] = [];
    for await (const line of reader.read()) {
      lines.push(line);
      if (request.tail !== undefined && lines.length > request.tail) lines.shift();
    }
    yield* request.follow ? lines : [...lines, ...reader.rest()];
  }
  while (request.follow && !request.signal.aborted) {
    let quiet = true;
    for (const reader of readers) {
      for await (const line of reader.read()) {
        quiet = false;
        yield line;
      }
    }
    if (quiet) await delay(followPauseMs, undefined, { signal: request.signal }).catch(() => {});
  }
}

function chooseSources(sources: readonly LogSource[], request: LogRequest): readonly LogSource[] {
  if (request.source === undefined) return sources;
  const chosen = sources.filter((source) => source.name === request.source);
  if (chosen.length > 0) return chosen;
  const names = [...new Set(sources.map((source) => source.name))].join(", ");
  throw new SluiceError(
    "NODE_NOT_FOUND",
    `cluster "${request.name}" has no node or service "${request.source}"; it has ${names}`,
  );
}

/** Reads one log from where it stopped. `offset` is how far it has read; `partial` a line that has no end yet. */
class LogReader {
  private readonly source: LogSource;
  private offset = 0;
  private partial = "";
  /** Keeps the first bytes of a character whose others are still to be read. */
  private decoder = new TextDecoder();

  constructor(source: LogSource) {
    this.source = source;
  }

  async *read(): AsyncGenerator<LogLine> {
    const size = await fileSize(this.source.path);
    // A log that became shorter was begun anew.
    if (size < this.offset) {
      this.offset = 0;
      this.decoder = new TextDecoder();
    }
    if (size === this.offset) return;
    await using file = await open(this.source.path, "r");
    const buffer = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, this.offset);
      if (bytesRead === 0) return;
      this.offset += bytesRead;
      const lines = (this.partial + this.decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split("\n");
      this.partial = lines.pop() ?? "";
      // sshd ends its lines for a terminal, with CR and LF.
      for (const line of lines) yield { source: this.source.name, line: line.replace(/\r$/, "") };
    }
  }

  rest(): LogLine[] {
    return this.partial === "" ? [] : [{ source: this.source.name, line: this.partial }];
  }
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    // A daemon that was not started yet has written nothing.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw new SluiceError(
      "FILE_UNREADABLE",
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
