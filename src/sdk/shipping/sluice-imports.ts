import { dirname, relative, resolve, sep } from "node:path";
import type { Plugin } from "esbuild";
import { projectOf } from "../define/project.ts";
import { frameworkStub, isTestFramework } from "./framework-stub.ts";
import { isOwnModule, ownModule } from "./own-copy.ts";

export interface SluiceImports {
  /** What `sluice` is in this bundle: the absolute path of a module of this copy. */
  readonly sluice: string;
}

/** Packages that this one uses, and that no workflow needs: PostgreSQL's driver, as what it knows of its children is in a file. */
const notNeeded: ReadonlySet<string> = new Set(["pg"]);

/**
 * What is imported as `sluice` comes from this copy of the package, wherever the module stands that imports it. Each gets a
 * `task` and a `workflow` of its own, which know it: in a bundle no stack tells where one was defined. Test frameworks are
 * replaced by something that does nothing.
 */
export function sluiceImports({ sluice }: SluiceImports): Plugin {
  // In this package's own tests it is imported by its path.
  const own = new Set(["sdk/index", "sdk/in-job/entry", "sdk/define/task"].map(ownModule));
  const testing = dirname(ownModule("testing/index"));
  return {
    name: "sluice-imports",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer, namespace, kind }) => {
        if (kind === "entry-point" || namespace === "sluice-defined-in") return undefined;
        if (isTestFramework(path)) return { path, namespace: "sluice-test-framework" };
        if (isOwnModule(importer)) return notNeeded.has(path) ? { path, namespace: "sluice-not-needed" } : undefined;
        if (path === "sluice") return { path: importer, namespace: "sluice-defined-in" };
        if (path === "sluice/client") return { path: ownModule("client/client") };
        if (!/^[./]/.test(path)) return undefined;
        const target = resolve(dirname(importer), path);
        if (own.has(target)) return { path: importer, namespace: "sluice-defined-in" };
        if (target.startsWith(`${testing}${sep}`) && isOwnModule(target))
          return { path: target, namespace: "sluice-test-framework" };
        return undefined;
      });
      build.onLoad({ filter: /.*/, namespace: "sluice-test-framework" }, () => ({
        contents: frameworkStub,
        loader: "js",
      }));
      build.onLoad({ filter: /.*/, namespace: "sluice-not-needed" }, ({ path }) => ({
        contents: `throw new Error(${JSON.stringify(`${path} is not in the code of a job`)}); module.exports = {};`,
        loader: "js",
      }));
      build.onLoad({ filter: /.*/, namespace: "sluice-defined-in" }, ({ path: module }) => {
        const path = relative(projectOf(module), module).split(sep).join("/");
        const entry = JSON.stringify(sluice);
        return {
          contents: [
            `export * from ${entry};`,
            `import { definersAt } from ${entry};`,
            `export const { task, workflow } = definersAt(${JSON.stringify({ module, path })});`,
          ].join("\n"),
          loader: "js",
          resolveDir: dirname(module),
        };
      });
    },
  };
}
