import { SluiceError } from "../../errors.ts";
import type { SlurmRelease } from "../../schema/cluster-plan.ts";
import type { BatchOption } from "./batch-option.ts";
import { optionSet } from "./option-table.ts";
import { readOptions, type GivenOption } from "./read-options.ts";

export interface ParsedArguments {
  /** The options of each part of a heterogeneous job (`OPTIONS : OPTIONS SCRIPT`); one part for an ordinary job. */
  readonly components: readonly [readonly GivenOption[], ...(readonly GivenOption[])[]];
  /** From the script's name on; empty where there is none. */
  readonly rest: readonly string[];
  /** Whether `--` stood before the rest. */
  readonly dashes: boolean;
}

/**
 * Reads the arguments of sbatch, and of commands that take the same options: it stops at `--` or at the first argument
 * that is no option, so the script's own arguments are never touched. `own` adds options, or replaces sbatch's of the same
 * name; they come out among the others and are told apart by `option`. Throws `INPUT_INVALID`, naming the argument.
 */
export function parseArguments(
  argv: readonly string[],
  { own = [], release }: { readonly own?: readonly BatchOption[]; readonly release?: SlurmRelease } = {},
): ParsedArguments {
  const set = optionSet({ own, ...(release === undefined ? {} : { release }) });
  const components: GivenOption[][] = [];
  let rest = 0;
  for (;;) {
    const words = argv.slice(rest);
    const read = readOptions(words, set);
    if ("problem" in read) {
      const argument = words[read.word];
      throw new SluiceError("INPUT_INVALID", `argument ${JSON.stringify(argument?.slice(0, 60))}: ${read.problem}`, {
        details: { argument, ...(read.option === undefined ? {} : { field: `--${read.option.name}` }) },
        ...(read.cause === undefined ? {} : { cause: read.cause }),
      });
    }
    components.push(read.found.map(({ option, value }) => (value === undefined ? { option } : { option, value })));
    rest += read.rest;
    const dashes = read.rest > 0 && words[read.rest - 1] === "--" && lastValueWord(read.found) < read.rest - 1;
    if (!dashes && argv[rest] === ":") {
      rest += 1;
      continue;
    }
    const [first = [], ...others] = components;
    return { components: [first, ...others], rest: argv.slice(rest), dashes };
  }
}

/** `--` may also be the value of the option before it, as in `--comment --`. */
function lastValueWord(found: readonly { readonly valueWord: number }[]): number {
  return found.at(-1)?.valueWord ?? -1;
}
