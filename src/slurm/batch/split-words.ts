/** One word of a `#SBATCH` line, quotes and backslashes taken away. */
export interface DirectiveWord {
  readonly text: string;
  /** Where the word begins in its line, from 1. */
  readonly column: number;
}

/** Why sbatch stopped reading a line before its end. */
export type LineEnd =
  /** A word of nothing (`""`): sbatch takes it for the end of the line. */
  | "empty-word"
  /** The bare word `hetjob` or `packjob`, in any case. */
  | "hetjob"
  | "packjob";

export interface SplitLine {
  readonly words: readonly DirectiveWord[];
  /** Absent: read to its end, or to an ordinary comment. */
  readonly stoppedBy?: { readonly what: LineEnd; readonly column: number };
}

/** A line that sbatch refuses before it looks at any option. */
export interface SplitProblem {
  readonly problem: string;
  readonly column: number;
}

/** What isspace(3) takes for white space in the C locale, as a character class. */
const space = " \\t\\n\\v\\f\\r";
const isSpace = new RegExp(`[${space}]`);
const separator = new RegExp(`(hetjob|packjob)(?=[${space}]|$)`, "iy");

/**
 * Splits a line into words from `start` on, as sbatch does for the part after `#SBATCH`. This is not a shell's splitting:
 * single and double quotes are alike and may stand inside a word; a backslash takes the next character as it is, inside
 * quotes of either kind too, but cannot keep a blank outside them; `#` outside quotes begins a comment even inside a
 * word; a word that begins with `:` is refused. Measured on Slurm 22.05.8.
 */
export function splitWords(line: string, start = 0): SplitLine | SplitProblem {
  const words: DirectiveWord[] = [];
  let at = start;
  for (;;) {
    while (at < line.length && isSpace.test(line.charAt(at))) at += 1;
    if (at >= line.length || line[at] === "#") return { words };
    const column = at + 1;
    if (line[at] === ":") {
      return { problem: 'a word begins with ":"; parts of a heterogeneous job are parted by "#SBATCH hetjob"', column };
    }
    separator.lastIndex = at;
    const stop = separator.exec(line)?.[1]?.toLowerCase();
    if (stop === "hetjob" || stop === "packjob") return { words, stoppedBy: { what: stop, column } };
    const word = readWord(line, at);
    if ("problem" in word) return word;
    if (word.text === "") return { words, stoppedBy: { what: "empty-word", column } };
    words.push({ text: word.text, column });
    at = word.end;
  }
}

function readWord(line: string, start: number): { text: string; end: number } | SplitProblem {
  let text = "";
  let quote: { character: string; column: number } | undefined;
  let escaped = false;
  let at = start;
  for (; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (quote === undefined && isSpace.test(character)) break;
    if (escaped) {
      text += character;
      escaped = false;
    } else if (character === "\\") {
      escaped = true;
    } else if (quote !== undefined) {
      if (character === quote.character) quote = undefined;
      else text += character;
    } else if (character === '"' || character === "'") {
      quote = { character, column: at + 1 };
    } else if (character === "#") {
      break;
    } else {
      text += character;
    }
  }
  if (quote !== undefined) return { problem: `the quote ${quote.character} is not closed`, column: quote.column };
  return { text, end: at };
}
