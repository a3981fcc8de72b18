import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./step.ts";

/** What can be imported from the package. */
export interface PackageEntry {
  /** `sluice`, `sluice/testing`. */
  readonly specifier: string;
  /** Absolute path of its source. */
  readonly source: string;
}

/** All that package.json exports and that has types, in its order. */
export function packageEntries(): readonly PackageEntry[] {
  const manifest: { exports: Readonly<Record<string, string | { readonly types?: string }>> } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  return Object.entries(manifest.exports).flatMap(([path, target]) => {
    const types = typeof target === "string" ? undefined : target.types;
    if (types === undefined) return [];
    const source = join(root, types.replace(/^\.\/dist\/(.*)\.d\.ts$/, "src/$1.ts"));
    return [{ specifier: path.replace(/^\./, "sluice"), source }];
  });
}
