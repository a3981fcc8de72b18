import { statSync } from "node:fs";
import { readSluiceYamlFile } from "./read-sluice-yaml.ts";
import type { SluiceYaml } from "./sluice-yaml.ts";

/** A file of settings as it was when it was read. */
export interface ReadSettings {
  readonly path: string;
  readonly file: SluiceYaml;
  /** Whether somebody but root and the user of this process may have written it. */
  readonly isOpenToOthers: boolean;
}

/**
 * Reads `sluice.yaml` where `find` finds it, and again only when it is another file or has changed: it is looked at for each
 * job. The reader throws `CONFIG_INVALID`.
 */
export function createSettingsReader(find: () => string | undefined): () => ReadSettings | undefined {
  let known: { readonly mark: string; readonly settings: ReadSettings } | undefined;
  return () => {
    const path = find();
    if (path === undefined) return undefined;
    const { dev, ino, size, mtimeMs, ctimeMs, uid, mode } = statSync(path);
    const mark = JSON.stringify([path, dev, ino, size, mtimeMs, ctimeMs]);
    if (known?.mark === mark) return known.settings;
    const isOpenToOthers = (uid !== 0 && uid !== process.geteuid?.()) || (mode & 0o022) !== 0;
    const settings = { path, file: readSluiceYamlFile(path), isOpenToOthers };
    known = { mark, settings };
    return settings;
  };
}
