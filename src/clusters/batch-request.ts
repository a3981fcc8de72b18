import type { SubmitRequest } from "../jobs/cluster.ts";
import { mergeOptions, type OptionSources } from "../slurm/batch/merge-options.ts";
import { parseArguments } from "../slurm/batch/parse-arguments.ts";
import { readScript } from "../slurm/batch/read-script.ts";
import { parseArraySpec, type ArraySpec } from "../slurm/values/array-spec.ts";

/** A submission as sbatch would read it. */
export interface BatchRequest {
  /** The words of the `#!` line, split as the kernel does: the program, and all the rest as one argument. */
  readonly interpreter: readonly string[];
  /** The comment lines after the first line, up to the first command: those in which sbatch looks. Bytes as Latin-1. */
  readonly header: readonly string[];
  /** The options that count, by long name; empty text where the option has no value. Of a heterogeneous job, the first part's. */
  readonly options: ReadonlyMap<string, string>;
  readonly array?: ArraySpec;
  /** More than one for a heterogeneous job. */
  readonly components: number;
}

/**
 * Reads script, command line and environment together. Throws `SCRIPT_INVALID` with line and column, `INPUT_INVALID` for
 * options of the command line and the environment.
 */
export function readBatchRequest(
  { script, options: argv }: SubmitRequest,
  environment: NonNullable<OptionSources["environment"]>,
): BatchRequest {
  const bytes = Buffer.from(script);
  const text = readScript(bytes.toString("utf8"));
  const commandLine = parseArguments(argv).components;
  const merged = mergeOptions({ script: text.components[0], environment, commandLine: commandLine[0] });
  const options = new Map(merged.map(({ option, value }) => [option.name, value ?? ""]));
  const array = options.get("array");
  const [program = "/bin/sh", argument] = /^[ \t]*(\S+)[ \t]*(.*?)[ \t]*$/.exec(text.interpreter)?.slice(1) ?? [];
  return {
    interpreter: argument === undefined || argument === "" ? [program] : [program, argument],
    header: commentHeader(bytes.toString("latin1")),
    options,
    components: Math.max(text.components.length, commandLine.length),
    ...(array !== undefined && { array: parseArraySpec(array) }),
  };
}

function commentHeader(text: string): string[] {
  const lines = text.split("\n").slice(1);
  const end = lines.findIndex((line) => !/^[ \t\v\f\r]*(?:#|$)/.test(line));
  return (end === -1 ? lines : lines.slice(0, end)).filter((line) => line.startsWith("#"));
}
