import { readFile } from "node:fs/promises";
import { SluiceError } from "../../errors.ts";
import { YamlSettings } from "./yaml-settings.ts";

/** The words before what went wrong: with the file, and with what stands in it. */
export interface SettingsWords {
  readonly unread: string;
  readonly unparsed: string;
}

/** Reads a YAML file of settings; what `read` finds wrong is told with its line. Throws `CONFIG_INVALID`. */
export async function readSettings<T>(
  file: string,
  { unread, unparsed }: SettingsWords,
  read: (yaml: YamlSettings) => T,
): Promise<T> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw invalidSettings(`${unread}${goFileError("open", file, error)}`, error);
  }
  try {
    const yaml = await YamlSettings.parse(text);
    const settings = read(yaml);
    yaml.throwProblems();
    return settings;
  } catch (error) {
    throw invalidSettings(`${unparsed}${error instanceof Error ? error.message : String(error)}`, error);
  }
}

/** `CONFIG_INVALID`, in words that the caller has whole. */
export function invalidSettings(message: string, cause?: unknown): SluiceError {
  return new SluiceError("CONFIG_INVALID", message, cause === undefined ? {} : { cause });
}

/** What the system says of a file, as Go words it. */
export function goFileError(operation: string, file: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const verb = code === "EISDIR" ? "read" : operation;
  return `${verb} ${file}: ${reasons[code] ?? (error instanceof Error ? error.message : String(error))}`;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
};
