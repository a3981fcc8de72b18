import { randomBytes } from "node:crypto";
import { constants, mkdir, open, readdir, rename, rm, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { SluiceError } from "../errors.ts";
import type { Runner } from "../jobs/runner.ts";
import { openUnder } from "./open-under.ts";
import { runCommand } from "./run-command.ts";

export interface LocalRunnerOptions {
  /** The environment of every command. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Bound on each of stdout and stderr of one command. */
  readonly maxOutputBytes?: number;
}

/** Above Slurm's MessageTimeout of 10 s, so that a slow controller is answered for by Slurm's own words. */
const defaultDeadlineMs = 30_000;

/** Enough for the queue of a large cluster, and far below what would hurt this process. */
const defaultMaxOutputBytes = 64 * 1024 * 1024;

/** Runs commands as processes of this host and keeps files in its file system. */
export function createLocalRunner({ env, maxOutputBytes = defaultMaxOutputBytes }: LocalRunnerOptions): Runner {
  const runner: Runner = {
    host: "this machine",
    run: async (command, options) => command.parse(await runner.output(command, options)),
    output: (command, options) =>
      runCommand(command, { deadlineMs: defaultDeadlineMs, ...options, env, maxOutputBytes }),

    async readFile(path, { offset, maxBytes, under }, signal) {
      throwIfCancelled(signal, path);
      try {
        // What a job put in the place of its output may be a FIFO, whose opening would wait for a writer.
        const flags = constants.O_RDONLY | constants.O_NONBLOCK;
        await using file = await (under === undefined ? open(path, flags) : openUnder(under, path, flags));
        const { size } = await file.stat();
        const buffer = Buffer.alloc(Math.max(0, Math.min(maxBytes, size - offset)));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
        return { bytes: buffer.subarray(0, bytesRead), size };
      } catch (error) {
        if (isCode(error, "ENOENT", "ENOTDIR", ...(under === undefined ? [] : ["ELOOP"]))) return undefined;
        throw unreadable(path, error);
      }
    },

    async writeFile(path, content, { mode }, signal) {
      throwIfCancelled(signal, path);
      const temporary = `${path}.${randomBytes(6).toString("hex")}`;
      try {
        {
          await using file = await open(temporary, "wx", mode);
          await file.writeFile(content);
          await file.chmod(mode);
          await file.sync();
        }
        await rename(temporary, path);
      } catch (error) {
        await unlink(temporary).catch(() => {});
        throw unwritable(path, error);
      }
    },

    async makeDirectory(path, { mode }, signal) {
      throwIfCancelled(signal, path);
      try {
        await mkdir(dirname(path), { recursive: true, mode });
        await mkdir(path, { mode });
        return true;
      } catch (error) {
        if (isCode(error, "EEXIST")) return false;
        throw unwritable(path, error);
      }
    },

    async listDirectory(path, signal) {
      throwIfCancelled(signal, path);
      try {
        return (await readdir(path)).sort();
      } catch (error) {
        if (isCode(error, "ENOENT")) return [];
        throw unreadable(path, error);
      }
    },

    async removeDirectory(path, signal) {
      throwIfCancelled(signal, path);
      await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) => {
        throw unwritable(path, error);
      });
    },
  };
  return runner;
}

function throwIfCancelled(signal: AbortSignal, path: string): void {
  if (signal.aborted) throw new SluiceError("CANCELLED", `asked to stop before "${path}" was read or written`);
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.some((code) => code === error.code);
}

function unreadable(path: string, cause: unknown): SluiceError {
  return new SluiceError("FILE_UNREADABLE", `"${path}" cannot be read: ${words(cause)}`, { cause, details: { path } });
}

function unwritable(path: string, cause: unknown): SluiceError {
  return new SluiceError("FILE_UNWRITABLE", `"${path}" cannot be written: ${words(cause)}`, {
    cause,
    details: { path },
  });
}

function words(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
