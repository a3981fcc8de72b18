import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document, type YAMLError } from "yaml";
import { schemaAt, sluiceJsonSchema } from "./settings-schema.ts";
import { toProblems, type SettingsProblem } from "./settings-problem.ts";
import { SluiceYaml } from "./sluice-yaml.ts";

/** One thing that is wrong with a `sluice.yaml`, and where. Lines and columns count from 1. */
export interface PlacedProblem {
  readonly line: number;
  readonly column: number;
  /** `clusters.site.ssh.port`; absent where the file as a whole is meant. */
  readonly field?: string;
  readonly problem: string;
  readonly remedy: string;
  /** What was probably meant. */
  readonly suggestion?: string;
}

export interface CheckedSettings {
  /** Absent where there are problems. */
  readonly settings?: SluiceYaml;
  /** In the order of the file. */
  readonly problems: readonly PlacedProblem[];
}

/** More is no file that a person wrote. */
export const maxSettingsBytes = 1024 * 1024;

/** What else may be wrong with settings that are well formed, and where. */
export type FurtherCheck = (settings: SluiceYaml) => readonly SettingsProblem[];

/** Reads the bytes of a `sluice.yaml` and finds all that is wrong with them. Throws nothing but what `further` throws. */
export function checkSluiceYaml(bytes: Uint8Array, further: FurtherCheck = () => []): CheckedSettings {
  if (bytes.length > maxSettingsBytes) {
    return atStart(`it has more than ${maxSettingsBytes} bytes`, "Name another file.");
  }
  const text = decode(bytes);
  if (typeof text !== "string") return text;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return { problems: faults.map((error) => ({ ...place(error.pos[0]), ...yamlWords(error, text) })) };
  }
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return atStart(
      error instanceof Error ? error.message : "it cannot be read",
      "Write out what the aliases stand for.",
    );
  }
  const parsed = SluiceYaml.safeParse(data);
  const root = sluiceJsonSchema();
  const found = parsed.success
    ? further(parsed.data)
    : parsed.error.issues.flatMap((issue) =>
        toProblems(issue, { data, schemaAt: (path) => schemaAt(root, data, path) }),
      );
  const problems = found.map(({ path, isKey, ...words }) => ({
    ...place(offsetOf(document, path, isKey)),
    ...(path.length > 0 && { field: fieldName(path) }),
    ...words,
  }));
  if (parsed.success && problems.length === 0) return { settings: parsed.data, problems };
  return { problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** The text of UTF-8, or where it is none. */
function decode(bytes: Uint8Array): string | CheckedSettings {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const before = decodeStart(bytes, validLength(bytes)).split("\n");
    const problem = "there is a byte that is not UTF-8";
    const remedy = "Save the file as UTF-8.";
    return { problems: [{ line: before.length, column: (before.at(-1)?.length ?? 0) + 1, problem, remedy }] };
  }
}

/** How many bytes from the start are UTF-8. */
function validLength(bytes: Uint8Array): number {
  let [low, high] = [0, bytes.length];
  const isValid = (length: number): boolean => {
    try {
      decodeStart(bytes, length);
      return true;
    } catch {
      return false;
    }
  };
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isValid(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The whole characters of the first so many bytes. Throws where there is a byte that is none of UTF-8. */
function decodeStart(bytes: Uint8Array, length: number): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
}

function atStart(problem: string, remedy: string): CheckedSettings {
  return { problems: [{ line: 1, column: 1, problem, remedy }] };
}

function yamlWords({ code, message, pos }: YAMLError, text: string): { problem: string; remedy: string } {
  if (code === "DUPLICATE_KEY") {
    const key = /^[^\s:]*/.exec(text.slice(pos[0], pos[1]))?.[0] ?? "";
    return { problem: `the field ${JSON.stringify(key)} stands here twice`, remedy: "Keep one of them." };
  }
  if (code === "TAB_AS_INDENT") {
    return { problem: "not YAML: a tab cannot indent a line", remedy: "Indent with blanks." };
  }
  if (code === "MULTIPLE_DOCS") {
    return { problem: "a second document begins here", remedy: "Remove the line with ---, and all behind it." };
  }
  return {
    problem: `not YAML: ${message}`,
    remedy: "Compare indentation, brackets and quotes with docs/sluice-yaml.md.",
  };
}

/** `clusters.site.outcomes[0].name` */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}

/** Where a field or its name stands, or the innermost field around it that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[], isKey: boolean): number {
  if (isKey) {
    const around: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(around)
      ? around.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))
      : undefined;
    if (isScalar(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
