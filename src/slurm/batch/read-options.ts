import { SluiceError } from "../../errors.ts";
import type { BatchOption } from "./batch-option.ts";
import { nearestName } from "./nearest-name.ts";
import type { OptionSet } from "./option-table.ts";
import { checkValue } from "./option-value.ts";

/** One option as it was given: by whom and where is added by the reader of a script or a command line. */
export interface GivenOption {
  readonly option: BatchOption;
  /** Absent where the option takes nothing, or was given without its optional value. */
  readonly value?: string;
}

/** An option and the indices of the word that named it and of the word that held its value. */
export interface FoundOption extends GivenOption {
  readonly word: number;
  readonly valueWord: number;
}

export interface OptionProblem {
  /** Index of the word that is wrong. */
  readonly word: number;
  /** A clause with what was wrong and what to do. */
  readonly problem: string;
  readonly option?: BatchOption;
  readonly cause?: SluiceError;
}

export interface ReadOptions {
  readonly found: readonly FoundOption[];
  /** Index of the first word that is no option (after `--`, where there is one). */
  readonly rest: number;
}

/**
 * Reads options from words as getopt_long(3) does for sbatch: it stops at the first word that is no option; short options
 * may be bundled (`-HN2`); a value follows after `=`, as the rest of the word (`-N2`), or as the next word whatever that
 * is; an optional value only in the first two ways; long names may be abbreviated.
 */
export function readOptions(words: readonly string[], set: OptionSet): ReadOptions | OptionProblem {
  const found: FoundOption[] = [];
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return { found, rest: at + 1 };
    if (!word.startsWith("-") || word === "-") break;
    const read = word.startsWith("--") ? readLong(words, at, set) : readShorts(words, at, set);
    if ("problem" in read) return read;
    for (const one of read) {
      if (one.value !== undefined) {
        const cause = checked(one.option, one.value);
        if (cause !== undefined) {
          const problem = `--${one.option.name}: ${cause.message}`;
          return { word: one.valueWord, problem, option: one.option, cause };
        }
      }
      found.push(one);
      at = one.valueWord;
    }
  }
  return { found, rest: at };
}

function readLong(words: readonly string[], at: number, set: OptionSet): FoundOption[] | OptionProblem {
  const word = words[at] ?? "";
  const equals = word.indexOf("=");
  const name = equals === -1 ? word.slice(2) : word.slice(2, equals);
  const match = set.long(name);
  if (match === undefined) return { word: at, problem: `unknown option "--${shorten(name)}"${suggestion(name, set)}` };
  if ("ambiguous" in match) {
    const names = match.ambiguous.map((candidate) => `--${candidate}`);
    const shown = names.length > 8 ? [...names.slice(0, 8), "…"] : names;
    return { word: at, problem: `"--${name}" may be ${shown.join(", ")}; write the whole name` };
  }
  const { option } = match;
  if (equals !== -1) {
    if (option.takes !== "nothing") return [{ option, value: word.slice(equals + 1), word: at, valueWord: at }];
    return { word: at, problem: `--${option.name} takes no value; leave out "${shorten(word.slice(equals))}"`, option };
  }
  return option.takes === "value"
    ? nextWord(words, at, option, `--${option.name}`)
    : [{ option, word: at, valueWord: at }];
}

function readShorts(words: readonly string[], at: number, set: OptionSet): FoundOption[] | OptionProblem {
  const word = words[at] ?? "";
  const found: FoundOption[] = [];
  for (let index = 1; index < word.length; index += 1) {
    const letter = String.fromCodePoint(word.codePointAt(index) ?? 0);
    const option = set.short(letter);
    if (option === undefined) {
      const bundle = word.length > 2 ? ` in "${shorten(word)}"` : "";
      const long = index === 1 ? suggestion(word.slice(1).replace(/=.*$/su, ""), set) : "";
      return { word: at, problem: `unknown option "-${letter}"${bundle}${long}` };
    }
    const value = word.slice(index + 1);
    if (option.takes !== "nothing" && value !== "") return [...found, { option, value, word: at, valueWord: at }];
    if (option.takes === "value") {
      const next = nextWord(words, at, option, `-${letter}`);
      return "problem" in next ? next : [...found, ...next];
    }
    found.push({ option, word: at, valueWord: at });
  }
  return found;
}

function nextWord(
  words: readonly string[],
  at: number,
  option: BatchOption,
  name: string,
): FoundOption[] | OptionProblem {
  const value = words[at + 1];
  if (value !== undefined) return [{ option, value, word: at, valueWord: at + 1 }];
  return { word: at, problem: `${name} needs a value: ${option.metavar ?? "text"}`, option };
}

function checked(option: BatchOption, value: string): SluiceError | undefined {
  try {
    checkValue(option, value);
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}

function suggestion(name: string, set: OptionSet): string {
  const near = nearestName(
    name,
    set.options.flatMap((option) => [option.name, ...(option.aliases ?? [])]),
  );
  return near === undefined ? "; sbatch(1) lists those there are" : `; did you mean --${near}?`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
