/** One `Key=value` as written; the key keeps its spelling, the value has lost its quotes and backslashes. */
export interface ConfPair {
  readonly key: string;
  readonly value: string;
}

/** One line of a file of Slurm's, with those that continue it. */
export interface ConfLine {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly pairs: readonly ConfPair[];
  /** What is no `Key=value`: of an `Include`, or of a line that Slurm will refuse. */
  readonly rest: string;
}

const pairPattern = /^\s*([A-Za-z0-9_.]+)\s*[-+*/]?=\s*(?:"([^"]*)"|(\S+))(?=\s|$)/;

/**
 * Divides a file into lines as Slurm's parser does: `#` begins a comment, a backslash makes the next character plain and
 * joins lines at their end, and blank lines say nothing.
 */
export function readConfLines(text: string): readonly ConfLine[] {
  const lines: ConfLine[] = [];
  const physical = text.split("\n");
  for (let i = 0; i < physical.length; i++) {
    const line = i + 1;
    let logical = plainText(physical[i] ?? "");
    while (logical.continues && i + 1 < physical.length) {
      i++;
      const next = plainText(physical[i] ?? "");
      logical = { text: logical.text + next.text, continues: next.continues };
    }
    if (logical.text.trim() !== "") lines.push({ line, ...readPairs(logical.text) });
  }
  return lines;
}

function plainText(line: string): { text: string; continues: boolean } {
  let text = "";
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    if (char === "#") break;
    if (char !== "\\") text += char;
    else if (line.slice(i + 1).trim() === "") return { text, continues: true };
    else text += line.charAt(++i);
  }
  return { text, continues: false };
}

function readPairs(text: string): Pick<ConfLine, "pairs" | "rest"> {
  const pairs: ConfPair[] = [];
  let rest = text;
  for (let match = pairPattern.exec(rest); match !== null; match = pairPattern.exec(rest)) {
    const [whole, key = "", quoted, plain = ""] = match;
    pairs.push({ key, value: quoted ?? plain });
    rest = rest.slice(whole.length);
  }
  return { pairs, rest: rest.trim() };
}
