import { isBuiltin } from "node:module";
import type { Plugin } from "esbuild";

/**
 * Has Node's own modules taken as CommonJS takes them. By `import`, Node reads each of their exports once, and so loads what
 * hangs on them (`fs.promises`, all of `crypto` and `util`): of the 25 ms that a job's process takes at least, that would make 35.
 */
export const lightBuiltins: Plugin = {
  name: "light-builtins",
  setup(build) {
    build.onResolve({ filter: /^(node:)?[a-z0-9_/]+$/ }, ({ path }) =>
      isBuiltin(path) ? { path: path.startsWith("node:") ? path : `node:${path}`, namespace: "sluice-builtin" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "sluice-builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      loader: "js",
    }));
  },
};
