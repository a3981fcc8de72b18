import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

/** `sluice serve` as a process of its own; disposing it stops it. */
export interface Serving extends AsyncDisposable {
  readonly url: string;
  /** The local user's token; none where `--no-auth` was given. */
  readonly token: string;
  /** All that it has written to stderr: one line of JSON for each request, and for each mistake. */
  readonly said: () => string;
  /** Gives the exit code. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

/** Starts a gateway on a free port, or with other options, and waits until it listens. */
export async function startServing(options: {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}): Promise<Serving> {
  const { cwd, env, args = ["--listen", ":0"] } = options;
  const child = spawn(process.execPath, [main, "serve", "--json", ...args], { cwd, env });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  const ended = once(child, "exit").then(() => child.exitCode);
  const ready = once(child.stdout.setEncoding("utf8"), "data").then(String);
  const failed = ended.then(() => Promise.reject(new Error(`serve ended: ${said}`)));
  const text = await Promise.race([ready, failed]);
  failed.catch(() => {});
  const { urls, tokenFile }: { urls: string[]; tokenFile?: string } = JSON.parse(text);
  const stop = (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  return {
    url: urls[0] ?? "",
    token: tokenFile === undefined ? "" : (await readFile(tokenFile, "utf8")).trim(),
    said: () => said,
    stop,
    async [Symbol.asyncDispose]() {
      await stop("SIGKILL");
    },
  };
}
