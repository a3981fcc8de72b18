import { resolve } from "node:path";
import type { Plugin } from "esbuild";
import { isOwnModule } from "./own-copy.ts";

/** Native addons do not fit in a file of JavaScript. Who loads one is told; a package that can do without does without. */
export function nativeAddons(onFound: (path: string, importer: string) => void): Plugin {
  return {
    name: "native-addons",
    setup(build) {
      build.onResolve({ filter: /\.node$/ }, ({ path, importer, namespace, resolveDir }) => {
        if (namespace !== "file" || isOwnModule(importer)) return undefined;
        onFound(path, importer);
        return { path: resolve(resolveDir, path), namespace: "native-addon" };
      });
      build.onLoad({ filter: /.*/, namespace: "native-addon" }, ({ path }) => {
        const words =
          `the native addon ${path} is not in this bundle: give the task packaging "npm", ` +
          'or { kind: "bundle", external: ["PACKAGE"] } where the nodes have its package';
        return {
          contents: `throw Object.assign(new Error(${JSON.stringify(words)}), { code: "MODULE_NOT_FOUND" }); module.exports = {};`,
          loader: "js",
        };
      });
    },
  };
}
