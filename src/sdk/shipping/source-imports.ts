import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { frameworkModule, isTestFramework } from "./framework-stub.ts";

const stubScheme = "sluice-test-framework:";

/** As in a bundle, for modules that run as they are: `sluice` is this copy, and test frameworks do nothing. */
export function replaceImports({ sluice }: { readonly sluice: string }): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "sluice") return { url: sluice, shortCircuit: true };
      if (!isTestFramework(specifier)) return next(specifier, context);
      const names = namesFrom(specifier, context.parentURL);
      return {
        url: `${stubScheme}${encodeURIComponent(specifier)}?${names.join()}`,
        format: "module",
        shortCircuit: true,
      };
    },
    load(url, context, next) {
      if (!url.startsWith(stubScheme)) return next(url, context);
      const names = (url.split("?")[1] ?? "").split(",").filter((name) => name !== "");
      return { format: "module", source: frameworkModule(names), shortCircuit: true };
    },
  });
}

/** A module has to say which names it exports: those that the importing one names. */
function namesFrom(specifier: string, importer: string | undefined): readonly string[] {
  if (importer === undefined || !importer.startsWith("file:")) return [];
  const text = readFileSync(fileURLToPath(importer), "utf8");
  const names = new Set<string>();
  for (const [, list = "", from] of text.matchAll(/\bimport\b([^"';]*?)\bfrom\s*["']([^"']+)["']/g)) {
    if (from !== specifier) continue;
    const [, named = ""] = /\{([^}]*)\}/.exec(list) ?? [];
    for (const part of named.split(",")) {
      const [name = ""] = part.trim().split(/\s+/);
      if (/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) && name !== "default" && name !== "type") names.add(name);
    }
  }
  return [...names];
}
