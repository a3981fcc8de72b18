import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { SluiceError } from "../../../errors.ts";
import type { DaemonRecord } from "../../../schema/cluster-record.ts";
import { marked } from "./mark.ts";
import { identify } from "./processes.ts";

/** One daemon to start: in the foreground of its own session, so that it outlives Sluice and hears no Ctrl-C. */
export interface DaemonPlan {
  /** `slurmctld`, `munged`, …; a slurmd has its node's name. */
  readonly name: string;
  /** Absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  /** The mark of the cluster's processes, and the prlimit(1) that sets it; absent where that is not installed. */
  readonly mark?: { readonly prlimit: string; readonly value: bigint };
  readonly env: Readonly<Record<string, string>>;
  /** Where stdout and stderr go; written anew at every start. */
  readonly outputFile: string;
}

export interface Daemon {
  readonly record: DaemonRecord;
  /** Throws `DAEMON_FAILED` with the daemon's last words, where it has ended. */
  check(): void;
}

/** Starts a daemon and returns at once. Throws `DAEMON_FAILED` where the program cannot be run at all. */
export function startDaemon(plan: DaemonPlan): Daemon {
  const output = openSync(plan.outputFile, "w", 0o600);
  let ended: string | undefined;
  const argv: readonly [string, ...string[]] = [plan.program, ...plan.args];
  const [program, ...args] = plan.mark === undefined ? argv : marked(plan.mark.prlimit, plan.mark.value, argv);
  const child = spawn(program, args, {
    cwd: "/",
    detached: true,
    env: { ...plan.env },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  child.on("error", (error) => (ended = error.message));
  child.on("exit", (code, signal) => (ended = signal === null ? `exit code ${code}` : signal));
  child.unref();
  const id = child.pid === undefined ? undefined : identify(child.pid);
  const check = (): void => {
    if (ended !== undefined) throw failure(plan, ended);
  };
  if (id === undefined) throw failure(plan, ended ?? "it ended at once");
  return { record: { name: plan.name, ...id }, check };
}

function failure(plan: DaemonPlan, how: string): SluiceError {
  const program = basename(plan.program);
  const who = program === plan.name ? program : `${program} of ${plan.name}`;
  const words = lastWords(plan.outputFile);
  return new SluiceError("DAEMON_FAILED", `${who} ended (${how})${words === "" ? "" : `: ${words}`}`, {
    details: { daemon: plan.name, output: plan.outputFile, words },
  });
}

/** The lines in which a daemon complains, without their time stamps; else its last ones. */
export function lastWords(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return "";
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const complaints = lines.filter((line) => /\b(error|fatal)\b/i.test(line));
  return (complaints.length > 0 ? complaints : lines)
    .slice(-4)
    .map((line) => line.replace(/^(\[[^\]]*\]|\S+: )\s*(?=(error|fatal))/i, "").trim())
    .join("; ");
}
