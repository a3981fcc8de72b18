import { randomBytes } from "node:crypto";
import { SluiceError } from "../../errors.ts";
import type { Runner, RunOptions } from "../../jobs/runner.ts";
import type { Command, CommandOutput } from "../../schema/command.ts";
import { quoteAll } from "../../schema/quote.ts";
import { namesUnder } from "../open-under.ts";
import { startFailure } from "../run-command.ts";
import type { SshChannel } from "./channel.ts";
import { StartFailure, type AgentRequest, type Reply } from "./exchange.ts";

export interface SshRunnerOptions {
  readonly channel: SshChannel;
  /** Variables laid over the login environment of every command. */
  readonly env?: Readonly<Record<string, string>>;
  /** Bound on each of stdout and stderr of one command. */
  readonly maxOutputBytes?: number;
}

/** Above Slurm's MessageTimeout of 10 s, so that a slow controller is answered for by Slurm's own words. */
const defaultDeadlineMs = 30_000;
const defaultMaxOutputBytes = 64 * 1024 * 1024;
/** Of what file work says of itself. */
const maxWordsBytes = 64 * 1024;

/**
 * A file is sent in parts of this size: each has a deadline of its own, so that a slow line may take its time for a large
 * file, and between them the channel is free for others.
 */
const partBytes = 1024 * 1024;
/** How long whoever gives up waits for the removal of what was begun. */
const removalMs = 5_000;

/** errno(3) of Linux. */
const [ENOENT, EEXIST, ENOTDIR, ELOOP] = [2, 17, 20, 40];

/** Runs commands and keeps files on a login node, over its channel. Several runners may share one. */
export function createSshRunner(options: SshRunnerOptions): Runner {
  const { channel, env = {}, maxOutputBytes = defaultMaxOutputBytes } = options;
  const { host } = channel.destination;

  const output = async (command: Command<unknown>, run: RunOptions): Promise<CommandOutput> => {
    const [program] = command.argv;
    try {
      const { stdout, stderr, exitCode } = await channel.request({
        operation: "run",
        args: command.argv,
        what: `${quoteAll(command.argv)} (on ${host})`,
        variables: variablesOf({ ...env, ...command.env }),
        maxBytes: maxOutputBytes,
        deadlineMs: run.deadlineMs ?? defaultDeadlineMs,
        signal: run.signal,
        ...(run.directory !== undefined && { directory: run.directory }),
        ...(command.stdin !== undefined && { stdin: command.stdin }),
      });
      return { stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8"), exitCode };
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      const { errno, directory, message } = error;
      const words =
        directory === undefined ? `${message} (on ${host})` : `the folder "${directory}" of ${host}: ${message}`;
      const missing = errno === ENOENT && directory === undefined;
      throw startFailure(program, {
        missing,
        words,
        here: `on ${host}, or not in the PATH of a login there`,
        cause: error,
      });
    }
  };

  /** File work. `undefined` where it failed with one of the numbers that `expected` holds. */
  const work = async (
    code: "FILE_UNREADABLE" | "FILE_UNWRITABLE",
    request: Pick<AgentRequest, "operation" | "args" | "signal" | "stdin"> & { readonly maxBytes?: number },
    expected: readonly number[] = [],
  ): Promise<Reply["stdout"] | undefined> => {
    const path = request.args[0] ?? "";
    const reading = code === "FILE_UNREADABLE";
    const what = `${reading ? "reading" : "writing"} "${path}" on ${host}`;
    const fail = (words: string, cause?: unknown): SluiceError =>
      new SluiceError(code, `"${path}" on ${host} cannot be ${reading ? "read" : "written"}: ${words}`, {
        ...(cause !== undefined && { cause }),
        details: { path, host },
      });
    try {
      const maxBytes = maxWordsBytes;
      const reply = await channel.request({ maxBytes, ...request, what, deadlineMs: defaultDeadlineMs });
      if (reply.exitCode === 0) return reply.stdout;
      const [, errno, words] = /^(\d+) (.*)/s.exec(reply.stderr.toString("utf8")) ?? [];
      if (expected.includes(Number(errno))) return undefined;
      throw fail(words ?? `the work ended with ${reply.exitCode}`);
    } catch (error) {
      if (error instanceof StartFailure) throw fail(error.message, error);
      throw error;
    }
  };

  const runner: Runner = {
    host,
    output,
    run: async (command, run) => command.parse(await output(command, run)),

    async readFile(path, { offset, maxBytes, under }, signal) {
      const way = under === undefined ? [] : [under, ...namesUnder(under, path)];
      const args = [path, String(offset), String(maxBytes), ...way];
      const request = { operation: "read", args, signal, maxBytes: maxBytes + 32 } as const;
      const none = [ENOENT, ENOTDIR, ...(under === undefined ? [] : [ELOOP])];
      const reply = await work("FILE_UNREADABLE", request, none);
      if (reply === undefined) return undefined;
      const end = reply.indexOf("\n");
      return { size: Number(reply.toString("latin1", 0, end)), bytes: reply.subarray(end + 1) };
    },

    async writeFile(path, content, { mode }, signal) {
      const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
      const temporary = `${path}.${randomBytes(6).toString("hex")}`;
      for (let offset = 0; ;) {
        const stdin = bytes.subarray(offset, offset + partBytes);
        const isLast = offset + stdin.length >= bytes.length;
        const args = [path, temporary, String(mode), String(stdin.length), String(offset), isLast ? "last" : "more"];
        try {
          await work("FILE_UNWRITABLE", { operation: "write", args, stdin, signal });
        } catch (error) {
          // The agent has removed what it was writing to; of one that was not asked any more the beginning may be there.
          if (offset > 0) await runner.removeDirectory(temporary, AbortSignal.timeout(removalMs)).catch(() => {});
          throw error;
        }
        if (isLast) return;
        offset += stdin.length;
      }
    },

    async makeDirectory(path, { mode }, signal) {
      const request = { operation: "mkdir", args: [path, String(mode)], signal } as const;
      return (await work("FILE_UNWRITABLE", request, [EEXIST])) !== undefined;
    },

    async listDirectory(path, signal) {
      const request = { operation: "list", args: [path], signal, maxBytes: maxOutputBytes } as const;
      const names = await work("FILE_UNREADABLE", request, [ENOENT]);
      return (names ?? Buffer.alloc(0)).toString("utf8").split("\0").slice(0, -1).sort();
    },

    async removeDirectory(path, signal) {
      const removal: Command<CommandOutput> = {
        argv: ["rm", "-rf", "--", path],
        env: { LC_ALL: "C" },
        parse: (end) => end,
      };
      const { exitCode, stderr } = await output(removal, { signal });
      if (exitCode === 0) return;
      throw new SluiceError("FILE_UNWRITABLE", `"${path}" on ${host} cannot be removed: ${stderr.trim()}`, {
        details: { path, host },
      });
    },
  };
  return runner;
}

function variablesOf(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
}
