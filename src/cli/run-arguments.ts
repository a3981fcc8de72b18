import { basename } from "node:path";
import { SluiceError } from "../errors.ts";
import { quoteAll } from "../schema/quote.ts";
import type { BatchOption } from "../slurm/batch/batch-option.ts";
import { parseArguments } from "../slurm/batch/parse-arguments.ts";
import { toArguments } from "../slurm/batch/write-script.ts";
import { seconds } from "./numbers.ts";

/** What `sluice run` was asked for. */
export interface RunArguments {
  readonly cluster?: string;
  readonly keep: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly help: boolean;
  readonly timeoutMs?: number;
  /** sbatch's options, one argument each. */
  readonly options: readonly string[];
  /** A script's path, or a command that is to become one. */
  readonly job: { readonly script: string; readonly args: readonly string[] } | { readonly command: readonly string[] };
}

/** `run`'s own options, beside those of sbatch. `--quiet` and `--help` take the place of sbatch's. */
const own = [
  { name: "cluster", takes: "value", type: "text", group: "command", help: "The cluster that takes the job" },
  { name: "keep", takes: "nothing", group: "command", help: "Keep the job's own folder" },
  { name: "timeout", takes: "value", type: "text", group: "command", help: "Stop waiting after so long" },
  { name: "json", takes: "nothing", group: "command", help: "Print the final record" },
  { name: "quiet", short: "Q", takes: "nothing", group: "command", help: "Say nothing" },
  { name: "help", short: "h", takes: "nothing", group: "command", help: "Show this help" },
] as const satisfies readonly BatchOption[];

/** Options of sbatch that ask for something else than a job to follow. */
const instead: Readonly<Record<string, string>> = {
  "test-only": "it submits nothing; use sbatch itself",
  usage: "use --help",
  version: "use sluice --version",
  clusters: "choose one with --cluster",
  wrap: 'put the command after "--"',
};

/** Throws `INPUT_INVALID`, naming the argument. */
export function readRunArguments(argv: readonly string[]): RunArguments {
  const { components, rest, dashes } = parseArguments(argv, { own });
  if (components.length > 1) {
    throw new SluiceError(
      "CAPABILITY_MISSING",
      'a heterogeneous job (" : " between options) cannot be run from the command line; put its parts into the script',
    );
  }
  const isOwn = (option: BatchOption): boolean => own.some((mine) => mine === option);
  const mine = new Map(
    components[0].filter(({ option }) => isOwn(option)).map((given) => [given.option.name, given.value]),
  );
  const theirs = components[0].filter(({ option }) => !isOwn(option));
  for (const { option } of theirs) {
    const why = instead[option.name];
    if (why === undefined) continue;
    throw new SluiceError("INPUT_INVALID", `--${option.name} does not go with run: ${why}`, {
      details: { field: `--${option.name}` },
    });
  }
  const help = mine.has("help");
  const [script, ...args] = rest;
  if (script === undefined && !help) {
    throw new SluiceError("INPUT_INVALID", 'no script was named, and no command after "--"', {
      details: { field: "SCRIPT" },
    });
  }
  const timeout = mine.get("timeout");
  const cluster = mine.get("cluster");
  return {
    help,
    keep: mine.has("keep"),
    json: mine.has("json"),
    quiet: mine.has("quiet"),
    ...(cluster !== undefined && { cluster }),
    ...(timeout !== undefined && { timeoutMs: seconds("--timeout")(timeout) }),
    options: toArguments(theirs.filter(({ option }) => option.name !== "wait")),
    job: dashes ? { command: rest } : { script: script ?? "", args },
  };
}

/** A script that runs a command given word by word, whatever is in the words. */
export function commandScript(command: readonly string[]): { readonly name: string; readonly script: Uint8Array } {
  return {
    name: basename(command[0] ?? "") || "command",
    script: Buffer.from(`#!/bin/sh\nexec ${quoteAll(command)}\n`),
  };
}
