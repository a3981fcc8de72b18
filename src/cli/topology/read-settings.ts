import { readFile } from "node:fs/promises";
import { SluiceError } from "../../errors.ts";
import { YamlSettings } from "../../gateway/topology/yaml-settings.ts";

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
    throw invalidSettings(`${unread}open ${file}: ${whyUnread(error)}`, error);
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

/** As Go words it. */
function whyUnread(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "no such file or directory";
  if (code === "EACCES") return "permission denied";
  if (code === "EISDIR") return "is a directory";
  return error instanceof Error ? error.message : String(error);
}
