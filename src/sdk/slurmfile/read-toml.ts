import { readFileSync, statSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import { SluiceError } from "../../errors.ts";
import { slurmfileInvalid } from "./slurmfile-error.ts";
import { TomlPlaces } from "./toml-places.ts";

/** A table of a TOML document. */
export type TomlTable = Readonly<Record<string, unknown>>;

/** A TOML document, and where its keys stand. */
export interface TomlDocument {
  readonly file: string;
  readonly root: TomlTable;
  readonly places: TomlPlaces;
}

/** More is no file that a person wrote. */
const maxBytes = 1024 * 1024;

/** Reads a TOML file. Throws `SLURMFILE_INVALID` with line and column, and `FILE_UNREADABLE`. */
export function readToml(file: string): TomlDocument {
  const text = readText(file);
  try {
    const root: TomlTable = parse(text, { unsafeKeyBehaviour: "throw" });
    return { file, root, places: new TomlPlaces(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [words = ""] = error.message.split("\n");
    const problem = `no TOML: ${words.replace(/^Invalid TOML document: /, "")}`;
    throw slurmfileInvalid({ file, place: error, problem, cause: error });
  }
}

function readText(file: string): string {
  const unreadable = (problem: string, cause?: unknown): SluiceError =>
    new SluiceError("FILE_UNREADABLE", `${file}: ${problem}`, { cause, details: { path: file } });
  try {
    const { size } = statSync(file);
    if (size > maxBytes) throw unreadable(`it has more than ${maxBytes} bytes, and is no Slurmfile`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    if (error instanceof TypeError) throw unreadable("it is not UTF-8", error);
    throw unreadable(error instanceof Error ? error.message : String(error), error);
  }
}

/** Whether a value of a document is a table, and neither a list nor a time. */
export function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
