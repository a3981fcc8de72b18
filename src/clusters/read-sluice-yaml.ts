import { SluiceError } from "../errors.ts";
import { checkSluiceYaml, type FurtherCheck } from "./check-sluice-yaml.ts";
import { readSettingsFile } from "./settings-file.ts";
import type { SluiceYaml } from "./sluice-yaml.ts";

/** Reads a `sluice.yaml`. Throws as `readSluiceYaml`, for what `further` finds too, and `FILE_UNREADABLE`. */
export function readSluiceYamlFile(path: string, further?: FurtherCheck): SluiceYaml {
  return read(readSettingsFile(path), path, further);
}

/** Reads the text of `sluice.yaml`; `path` is for messages. Throws `CONFIG_INVALID` with line and column of what is wrong first. */
export function readSluiceYaml(text: string, path: string): SluiceYaml {
  return read(Buffer.from(text), path);
}

function read(bytes: Uint8Array, path: string, further?: FurtherCheck): SluiceYaml {
  const { settings, problems } = checkSluiceYaml(bytes, further);
  const [first] = problems;
  if (settings !== undefined) return settings;
  if (first === undefined) throw new Error("settings were refused without a problem");
  const { line, column, field, problem, suggestion } = first;
  const what = `${field === undefined ? "" : `${field}: `}${problem}`;
  const hint = suggestion === undefined ? "" : `; did you mean ${suggestion}?`;
  const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more: sluice config check)`;
  throw new SluiceError("CONFIG_INVALID", `${path}:${line}:${column}: ${what}${hint}${more}`, {
    details: { file: path, line, column },
  });
}
