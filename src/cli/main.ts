#!/usr/bin/env node
// The only place that touches the process. Nothing that needs a modern Node is imported before its version is known.
import * as module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Context } from "./command.ts";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `error: Sluice needs Node 22.18 or newer, and this is ${process.version} [CAPABILITY_MISSING]\n` +
      "  Install a newer Node from https://nodejs.org or with your package manager.\n",
  );
  process.exitCode = 69;
} else {
  keepCompiledCode();
  process.exitCode = await main();
}

/** Not in the folder for temporary files, Node's own choice: whoever makes that first on a shared host could put code into it. */
function keepCompiledCode(): void {
  try {
    module.enableCompileCache?.(join(homedir(), ".cache", "sluice", "compiled"));
  } catch {
    // A user whom the system does not know has no home; the code is then compiled each time.
  }
}

async function main(): Promise<number> {
  const stop = new AbortController();
  const urgent = new AbortController();
  let brokenPipe = false;

  const onSignal = (): void => {
    if (!stop.signal.aborted) stop.abort();
    else if (!urgent.signal.aborted) urgent.abort();
    else process.exit(130);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      brokenPipe = true;
      stop.abort();
      urgent.abort();
    });
  }

  const context: Context = {
    io: {
      out: (chunk) => void process.stdout.write(chunk),
      err: (chunk) => void process.stderr.write(chunk),
      drained: () => drained([process.stdout, process.stderr]),
      stdin: process.stdin,
      isTTY: process.stdout.isTTY,
      errIsTTY: process.stderr.isTTY,
      stdinIsTTY: process.stdin.isTTY,
      columns: process.stdout.columns ?? process.stderr.columns ?? 80,
    },
    signal: stop.signal,
    urgent: urgent.signal,
    cwd: process.cwd(),
    config: async () => (await import("../config.ts")).readConfig(),
    exitCode: 0,
  };
  const { runProgram } = await import("./run-program.ts");
  const code = await runProgram(process.argv.slice(2), context);
  process.off("SIGINT", onSignal);
  process.off("SIGTERM", onSignal);
  return brokenPipe ? 128 + 13 : code;
}

async function drained(streams: readonly NodeJS.WriteStream[]): Promise<void> {
  for (const stream of streams) {
    if (!stream.writableNeedDrain) continue;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stream.off("drain", done);
        stream.off("close", done);
        resolve();
      };
      stream.on("drain", done);
      stream.on("close", done);
    });
  }
}
