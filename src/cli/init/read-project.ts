import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import { slurmfileNames } from "../../sdk/slurmfile/find-slurmfile.ts";
import type { CiSystem, Template } from "./init.ts";

/** What runs the tests of a project in TypeScript or JavaScript. */
export const testFrameworks = ["vitest", "jest", "node:test"] as const;
export type TestFramework = (typeof testFrameworks)[number];

export type PackageManager = "npm" | "pnpm" | "yarn";

/** What is to be known of a folder before files are put into it. */
export interface Project {
  readonly name: string;
  readonly template: Template;
  readonly ci: CiSystem;
  readonly framework: TestFramework;
  readonly packageManager: PackageManager;
  /** Whether there is a package.json. */
  readonly hasManifest: boolean;
  /** Names of the packages that it asks for. */
  readonly packages: ReadonlySet<string>;
  /** Whether these have been installed. */
  readonly hasPackages: boolean;
  /** Whether Node reads a file `.ts` or `.js` of it as a module. */
  readonly isModule: boolean;
  /** Whether its compiler takes imports that end in `.ts`; so does one that is not configured. */
  readonly takesTsImports: boolean;
  /** Whether sources stand in `src/`. */
  readonly hasSrc: boolean;
  /** What its Slurmfile is called, or is to be called. */
  readonly slurmfile: string;
}

const Manifest = z.looseObject({
  type: z.string().optional(),
  scripts: z.record(z.string(), z.unknown()).optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
  devDependencies: z.record(z.string(), z.unknown()).optional(),
});
type Manifest = z.infer<typeof Manifest>;

/**
 * Reads what the files of a folder say; what is chosen beats it. A folder with files of both languages is Python's where its
 * package.json asks for nothing but Sluice. Throws `CONFIG_INVALID` for a package.json that cannot be read.
 */
export function readProject(
  folder: string,
  chosen: { readonly template?: Template; readonly ci?: CiSystem } = {},
): Project {
  const has = (name: string): boolean => existsSync(join(folder, name));
  const manifest = has("package.json") ? readManifest(join(folder, "package.json")) : undefined;
  const packages = new Set([
    ...Object.keys(manifest?.dependencies ?? {}),
    ...Object.keys(manifest?.devDependencies ?? {}),
  ]);
  const isPythons = ["pyproject.toml", "setup.py", "setup.cfg", "requirements.txt"].some(has);
  const isNodes = [...packages].some((name) => name !== "sluice") || has("tsconfig.json");
  return {
    name: basename(folder),
    template: chosen.template ?? (isPythons && !isNodes ? "python" : "ts"),
    ci: chosen.ci ?? (has(".gitlab-ci.yml") ? "gitlab" : "github"),
    framework: frameworkOf(packages, manifest),
    packageManager: has("pnpm-lock.yaml") ? "pnpm" : has("yarn.lock") ? "yarn" : "npm",
    hasManifest: manifest !== undefined,
    packages,
    hasPackages: has("node_modules"),
    isModule: manifest === undefined || manifest.type === "module",
    takesTsImports:
      !has("tsconfig.json") ||
      /"(allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/.test(
        readFileSync(join(folder, "tsconfig.json"), "utf8"),
      ),
    hasSrc: has("src"),
    slurmfile: slurmfileNames.find(has) ?? "Slurmfile.toml",
  };
}

/** Vitest, where nothing says otherwise. */
function frameworkOf(packages: ReadonlySet<string>, manifest: Manifest | undefined): TestFramework {
  if (packages.has("vitest")) return "vitest";
  if (packages.has("jest") || packages.has("@jest/globals")) return "jest";
  const runsNode = Object.values(manifest?.scripts ?? {}).some((script) => /\bnode\b.*\s--test\b/.test(String(script)));
  return runsNode ? "node:test" : "vitest";
}

function readManifest(path: string): Manifest {
  try {
    return Manifest.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    const words = cause instanceof SyntaxError ? cause.message : "it does not say what a package.json says";
    throw new SluiceError("CONFIG_INVALID", `${path} cannot be read: ${words}`, { cause, details: { file: path } });
  }
}
