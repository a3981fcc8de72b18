import { readConfLines, type ConfLine } from "./conf-lines.ts";

/** A file of Slurm's as it is on disk; the path is the one the daemons were given. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

export interface ConfigError {
  /** Absent where the daemon named no file and its words are found in none. */
  readonly file?: string;
  /** Counted from 1; absent where something is missing rather than wrong. */
  readonly line?: number;
  /** The daemon's own words, without its name and the time. */
  readonly message: string;
}

/** Finds the line that a complaint without a line number is about. */
type Locate = (match: RegExpExecArray, line: ConfLine) => boolean;

interface Complaint {
  readonly pattern: RegExp;
  readonly isAbout?: Locate;
  /** Whether it is the last such line that is wrong: of two that say the same. */
  readonly last?: boolean;
}

const hasValue: Locate = ([, value = ""], line) => line.pairs.some((pair) => holdsWord(pair.value, value));
const hasKeyAndValue =
  (keyGroup: number, valueGroup: number): Locate =>
  (match, line) =>
    line.pairs.some((pair) => isSame(pair.key, match[keyGroup] ?? "") && pair.value === match[valueGroup]);
const isFirst =
  (key: string, holds: (value: string, wanted: string) => boolean): Locate =>
  ([, wanted = ""], { pairs: [first] }) =>
    first !== undefined && isSame(first.key, key) && holds(first.value, wanted);

/** How Slurm 22.05 says that it refuses a file, most telling first. The words are those of its libslurm. */
const complaints: readonly Complaint[] = [
  {
    pattern: /unrecognized key: (\S+)/,
    isAbout: ([, key = ""], line) => line.pairs.some((pair) => isSame(pair.key, key)),
  },
  { pattern: /(\S+) value "(.*)" is not a valid number/, isAbout: hasKeyAndValue(1, 2) },
  { pattern: /"(.*)" is not a valid option for "(.*)"/, isAbout: hasKeyAndValue(2, 1) },
  { pattern: /Bad value "(.*)" for (\S+)/, isAbout: hasKeyAndValue(2, 1) },
  { pattern: /Invalid user for (\S+) (.*), ignored/, isAbout: hasKeyAndValue(1, 2) },
  { pattern: /Bad SelectTypeParameter: (\S+)/, isAbout: hasValue },
  { pattern: /find (?:the specified plugin name|plugin|\w+ plugin) for (\S+)/, isAbout: hasValue },
  { pattern: /Invalid Port (\S+)/, isAbout: hasValue },
  { pattern: /Duplicated NodeHostName (\S+)/, isAbout: isFirst("NodeName", holdsWord), last: true },
  { pattern: /Invalid node names in partition (\S+)/, isAbout: isFirst("PartitionName", isSame) },
  { pattern: /cannot stat file (\S+):/, isAbout: ([, path = ""], line) => line.rest.endsWith(path) },
  { pattern: /Waiting for gres\.conf file (\S+)/, isAbout: ([, path = ""], line) => namesDevice(line, path) },
  { pattern: /\S+ needs to be specified/ },
];

/**
 * Reads from what slurmctld, slurmd or a command printed whether a file of `files` was refused, and where it is wrong.
 * Slurm gives a line for half of the mistakes; for the others the line is found by what the message quotes.
 * `undefined`: the daemon ended for another reason.
 */
export function findConfigError(output: string, files: readonly ConfigFile[]): ConfigError | undefined {
  const messages = output.split("\n").map(bareMessage);
  const parseError = firstMatch(messages, /Parse error in file (.+) line (\d+): "(.*)"/);
  const complaint = firstComplaint(messages);
  if (parseError !== undefined) {
    const [whole, file = "", line] = parseError;
    return { file, line: Number(line), message: complaint?.message ?? whole };
  }
  if (complaint === undefined) return undefined;
  const named = files.filter(({ path }) => messages.some((message) => message.includes(path)));
  for (const { path, text } of [...named, ...files]) {
    const line = locate(complaint, text);
    if (line !== undefined) return { file: path, line, message: complaint.message };
  }
  return { ...(named[0] !== undefined && { file: named[0].path }), message: complaint.message };
}

interface Found extends Complaint {
  readonly match: RegExpExecArray;
  readonly message: string;
}

function firstComplaint(messages: readonly string[]): Found | undefined {
  for (const complaint of complaints) {
    const match = firstMatch(messages, complaint.pattern);
    if (match !== undefined) return { ...complaint, match, message: match.input };
  }
  return undefined;
}

function locate({ match, isAbout, last = false }: Found, text: string): number | undefined {
  if (isAbout === undefined) return undefined;
  const about = readConfLines(text).filter((line) => isAbout(match, line));
  return about.at(last ? -1 : 0)?.line;
}

function firstMatch(messages: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
  for (const message of messages) {
    const match = pattern.exec(message);
    if (match !== null) return match;
  }
  return undefined;
}

/** Without `[time]`, `slurmctld: `, `error: ` and the name of the C function. */
function bareMessage(line: string): string {
  return line.replace(/^\[[^\]]*\]\s*/, "").replace(/^(?:[a-z_]\w*: +)*(?=\S)/, "");
}

function namesDevice({ pairs }: ConfLine, path: string): boolean {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return pairs.some(({ key, value }) => isSame(key, "File") && value.startsWith(folder));
}

function holdsWord(text: string, word: string): boolean {
  return text.split(",").some((part) => isSame(part, word));
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
