import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository's folder, without a slash at the end. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** Whether SIGINT or SIGTERM has come; a task then tidies up and ends rather than go on. */
export const interrupted = new AbortController();

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs a command in sight of the user and gives its exit code. It is in a session of its own, so that a signal reaches it
 * once, from here; what to do about it is the command's to decide.
 */
export function step(
  [program, ...args]: readonly [string, ...string[]],
  options: { readonly env?: Readonly<Record<string, string>>; readonly quiet?: boolean } = {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: options.quiet === true ? ["ignore", "ignore", "inherit"] : ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...options.env },
      detached: true,
    });
    const forward = (signal: NodeJS.Signals): void => {
      interrupted.abort();
      child.kill(signal);
    };
    const end = (code: number): void => {
      for (const signal of signals) process.off(signal, forward);
      resolve(code);
    };
    for (const signal of signals) process.on(signal, forward);
    child.once("error", (error) => {
      say(error.message);
      end(127);
    });
    child.once("close", (code, signal) => end(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}

/** A line of the tasks themselves; stdout is left to the commands. */
export function say(text: string): void {
  process.stderr.write(`» ${text}\n`);
}
