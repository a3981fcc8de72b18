import { readConfig } from "../src/config.ts";
import { systemClock } from "../src/jobs/clock.ts";
import type { Runner } from "../src/jobs/runner.ts";
import { listProcesses, readProcess, readProcFile } from "../src/launcher/drivers/native/processes.ts";
import { SshChannel, type SshChannelOptions } from "../src/remote/ssh/channel.ts";
import { createSshRunner, type SshRunnerOptions } from "../src/remote/ssh/ssh-runner.ts";
import type { Command, CommandOutput } from "../src/schema/command.ts";
import type { SshDestination } from "../src/schema/ssh-destination.ts";

/** A runner with a channel of its own. */
export interface SshClient extends AsyncDisposable {
  readonly channel: SshChannel;
  readonly runner: Runner;
  /** Runs a script of sh there. */
  sh(script: string, options?: { readonly deadlineMs?: number; readonly signal?: AbortSignal }): Promise<CommandOutput>;
}

export function openClient(
  destination: SshDestination,
  options: Partial<SshChannelOptions> & Partial<SshRunnerOptions> = {},
): SshClient {
  const env = readConfig().environment;
  const channel = new SshChannel({ clock: systemClock, random: Math.random, ...options, destination, env });
  const runner = createSshRunner({ ...options, channel });
  return {
    channel,
    runner,
    sh: (script, { deadlineMs = 30_000, signal = new AbortController().signal } = {}) =>
      runner.run(shell(script), { signal, deadlineMs }),
    [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose](),
  };
}

export function shell(script: string): Command<CommandOutput> {
  return { argv: ["sh", "-c", script], parse: (output) => output };
}

/** The ssh processes that talk to the server on this port. */
export function sshClientsOf(port: number): readonly number[] {
  return listProcesses()
    .filter(({ name, state }) => name === "ssh" && state !== "Z")
    .filter(({ pid }) => readProcFile(`/proc/${pid}/cmdline`)?.toString().includes(`\0-p\0${port}\0`))
    .map(({ pid }) => pid);
}

/** Whether a process of this number still runs; one that waits to be reaped does not. */
export function isAlive(pid: number): boolean {
  const info = readProcess(pid);
  return info !== undefined && info.state !== "Z";
}

/** Sends a signal to each that is still there: of a session's processes one may end with another. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  }
}
