import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { constants } from "node:os";
import { SluiceError } from "../errors.ts";
import type { RunOptions } from "../jobs/runner.ts";
import type { Command, CommandOutput } from "../schema/command.ts";
import { quoteAll } from "../schema/quote.ts";

export interface RunCommandOptions extends RunOptions {
  /** The whole environment of the command, before the command's own variables are laid over it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly deadlineMs: number;
  /** Bound on stdout and on stderr, each. */
  readonly maxOutputBytes: number;
}

/** How long a command may take to end by itself after SIGTERM, before SIGKILL. */
const graceMs = 500;

/** The programs that come with Slurm: where one is missing, the remedy is to install Slurm. */
const slurmPrograms: ReadonlySet<string> = new Set(
  "sacct sacctmgr salloc sbatch scancel scontrol sdiag sinfo sprio squeue srun sstat slurmctld slurmd slurmdbd slurmrestd".split(
    " ",
  ),
);

/**
 * Runs one command as a process group of its own, so that its end can be enforced on all it started.
 * Throws as the `Runner` port says.
 */
export async function runCommand(command: Command<unknown>, options: RunCommandOptions): Promise<CommandOutput> {
  const line = shorten(quoteAll(command.argv));
  if (options.signal.aborted) throw cancelled(line);
  const [program, ...args] = command.argv;
  const child = spawn(program, args, {
    env: { ...options.env, ...command.env },
    ...(options.directory !== undefined && { cwd: options.directory }),
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });

  let failure: SluiceError | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  const end = (why: SluiceError): void => {
    if (failure !== undefined) return;
    failure = why;
    signalGroup(child, "SIGTERM");
    killTimer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  };
  const onAbort = (): void => end(cancelled(line));
  const deadline = setTimeout(
    () => end(new SluiceError("DEADLINE_EXCEEDED", `no answer within ${options.deadlineMs / 1000} s from: ${line}`)),
    options.deadlineMs,
  );
  options.signal.addEventListener("abort", onAbort, { once: true });

  try {
    const tooMuch = (): void =>
      end(
        new SluiceError(
          "LIMIT_EXCEEDED",
          `more than ${options.maxOutputBytes} bytes of output from: ${line}; ask for less at once`,
        ),
      );
    const stdout = collect(child.stdout, options.maxOutputBytes, tooMuch);
    const stderr = collect(child.stderr, options.maxOutputBytes, tooMuch);
    // A command that does not read its input closes the pipe early, which is its own affair.
    child.stdin.on("error", () => {});
    child.stdin.end(command.stdin ?? "");
    const exitCode = await closed(child, program);
    if (failure !== undefined) throw failure;
    return { stdout: stdout(), stderr: stderr(), exitCode };
  } finally {
    clearTimeout(deadline);
    clearTimeout(killTimer);
    options.signal.removeEventListener("abort", onAbort);
    if (failure !== undefined) signalGroup(child, "SIGKILL");
  }
}

function collect(stream: NodeJS.ReadableStream, maxBytes: number, onTooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) onTooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

function closed(child: ChildProcessWithoutNullStreams, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => reject(spawnFailure(program, error)));
    child.once("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/** The error for a program that could not be started: where it belongs to Slurm and is missing, that says so. */
export function startFailure(
  program: string,
  { missing, words, here, cause }: { missing: boolean; words: string; here: string; cause: Error },
): SluiceError {
  if (missing && slurmPrograms.has(program)) {
    return new SluiceError("SLURM_MISSING", `the Slurm program "${program}" is not installed ${here}`, {
      cause,
      details: { program },
    });
  }
  return new SluiceError("COMMAND_FAILED", `"${program}" cannot be started: ${words}`, { cause });
}

function spawnFailure(program: string, cause: NodeJS.ErrnoException): SluiceError {
  const missing = cause.code === "ENOENT";
  return startFailure(program, { missing, words: cause.message, here: "here; try: sluice doctor", cause });
}

function signalGroup(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
}

function cancelled(line: string): SluiceError {
  return new SluiceError("CANCELLED", `asked to stop during: ${line}`);
}

/** A command line for a message: what is beyond its beginning tells a person nothing. */
function shorten(line: string): string {
  return line.length <= longestShown ? line : `${line.slice(0, longestShown)}…`;
}

const longestShown = 120;
