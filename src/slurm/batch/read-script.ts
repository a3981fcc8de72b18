import { SluiceError } from "../../errors.ts";
import type { SlurmRelease } from "../../schema/cluster-plan.ts";
import { optionSet, type OptionSet } from "./option-table.ts";
import { readOptions, type GivenOption } from "./read-options.ts";
import { checkForm } from "./script-form.ts";
import { splitWords } from "./split-words.ts";

/** An option in a script, and where it stands: line and column from 1. */
export interface Directive extends GivenOption {
  readonly line: number;
  readonly column: number;
}

/**
 * A `#PBS` or `#BSUB` line. sbatch itself honours many of them (unless `--ignore-pbs` is given) after all `#SBATCH`
 * lines, so they may override these; Sluice reports them and leaves their reading to sbatch, which gets the script as it is.
 */
export interface ForeignLine {
  readonly dialect: "PBS" | "BSUB";
  readonly line: number;
  /** What follows the marker. */
  readonly text: string;
}

/** Something that sbatch accepts and the writer of the script may not have meant. */
export interface ScriptNote {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A batch script as sbatch reads it. */
export interface BatchScript {
  /** What follows `#!` in the first line. */
  readonly interpreter: string;
  /** The options of each part of a heterogeneous job, in the order given; an ordinary job has one part. */
  readonly components: readonly [readonly Directive[], ...(readonly Directive[])[]];
  readonly foreign: readonly ForeignLine[];
  /** From the first command to the end. */
  readonly body: string;
  readonly notes: readonly ScriptNote[];
}

interface Located {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Everything but an indented marker: sbatch wants it at the very beginning of the line, in capitals. */
const marker = /^#(SBATCH|SLURM)/;
const foreignMarker = /^#(PBS|BSUB)/;
const blankOrComment = /^[ \t\v\f\r]*(?:#|$)/;

/**
 * Reads a batch script as sbatch does (measured on Slurm 22.05.8): `#SBATCH` lines up to the first line that is neither
 * blank nor a comment, each split by `splitWords`, all words of a part read together as one command line (so a value may
 * even stand on the next `#SBATCH` line). Options of all releases are known unless one `release` is named.
 *
 * Throws `SCRIPT_INVALID`, with `line` and `column` in the details, for whatever makes sbatch or slurmctld refuse the
 * script: no `#!`, nothing in it, DOS line ends, NUL bytes, unknown or ambiguous options, values that cannot be read.
 */
export function readScript(text: string, { release }: { readonly release?: SlurmRelease } = {}): BatchScript {
  checkForm(text);
  const header = readHeader(text);
  const set = optionSet(release === undefined ? {} : { release });
  const [first = [], ...others] = header.components.map((words) => readComponent(words, set));
  return { ...header, components: [first, ...others] };
}

interface Header extends Omit<BatchScript, "components"> {
  readonly components: readonly (readonly Located[])[];
}

/** Splits the lines up to the first command, without looking at what the words mean. */
function readHeader(text: string): Header {
  const components: Located[][] = [[]];
  const foreign: ForeignLine[] = [];
  const notes: ScriptNote[] = [];
  let interpreter = "";
  let offset = 0;
  let line = 1;
  for (; offset < text.length; line += 1) {
    const newline = text.indexOf("\n", offset);
    const end = newline === -1 ? text.length : newline;
    const content = text.slice(offset, end);
    const mark = marker.exec(content);
    if (line === 1) interpreter = content.slice(2);
    else if (mark !== null) readDirectiveLine(content, mark[0].length, line, { components, notes });
    else if (!blankOrComment.test(content)) break;
    const alien = foreignMarker.exec(content);
    if (alien !== null) {
      const dialect = alien[1] === "PBS" ? "PBS" : "BSUB";
      foreign.push({ dialect, line, text: content.slice(alien[0].length) });
    }
    offset = end + 1;
  }
  const body = text.slice(offset);
  notes.push(...lateDirective(body, line));
  return { interpreter, components, foreign, body, notes };
}

function readDirectiveLine(
  content: string,
  start: number,
  line: number,
  { components, notes }: { components: Located[][]; notes: ScriptNote[] },
): void {
  if (content.startsWith("#SLURM")) {
    notes.push({ line, column: 1, message: "#SLURM is an old form; write #SBATCH" });
  }
  const split = splitWords(content, start);
  if ("problem" in split) throw invalid(line, split.column, split.problem);
  const { words, stoppedBy } = split;
  components.at(-1)?.push(...words.map((word) => ({ ...word, line })));
  if (stoppedBy === undefined) return;
  const { what, column } = stoppedBy;
  if (what === "packjob") notes.push({ line, column, message: "packjob is an old word; write hetjob" });
  if (what !== "empty-word" && words.length === 0) components.push([]);
  else notes.push({ line, column, message: "sbatch ignores this line from here on" });
}

/** The first `#SBATCH` line that comes too late to count, which is a common surprise. */
function lateDirective(body: string, firstLine: number): ScriptNote[] {
  const match = /^#SBATCH/m.exec(body);
  if (match === null) return [];
  const line = firstLine + body.slice(0, match.index).split("\n").length - 1;
  return [{ line, column: 1, message: "sbatch ignores #SBATCH lines after the first command" }];
}

function readComponent(words: readonly Located[], set: OptionSet): Directive[] {
  const read = readOptions(
    words.map((word) => word.text),
    set,
  );
  if ("problem" in read) {
    const at = words[read.word];
    throw invalid(at?.line, at?.column, read.problem, { option: read.option?.name, cause: read.cause });
  }
  const stray = words[read.rest];
  if (stray !== undefined) {
    throw invalid(
      stray.line,
      stray.column,
      `${JSON.stringify(stray.text.slice(0, 60))} is no option; quote values with blanks, write "--" before long names`,
    );
  }
  return read.found.map(({ option, value, word }) => ({
    option,
    ...(value === undefined ? {} : { value }),
    line: words[word]?.line ?? 1,
    column: words[word]?.column ?? 1,
  }));
}

function invalid(
  line = 1,
  column = 1,
  problem: string,
  { option, cause }: { option?: string | undefined; cause?: SluiceError | undefined } = {},
): SluiceError {
  return new SluiceError("SCRIPT_INVALID", `line ${line}, column ${column}: ${problem}`, {
    details: { line, column, ...(option === undefined ? {} : { option }) },
    ...(cause === undefined ? {} : { cause }),
  });
}
