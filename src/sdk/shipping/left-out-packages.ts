import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * A module, as a URL for `node --import`, by which packages that were left out of a bundle are found from the project's folder
 * too: on a machine that has it, the code runs with what the project has installed, though it stands elsewhere. It has to be
 * there before the code is loaded, whose imports are looked up first.
 */
export function leftOutPackages(project: string): string {
  const parent = pathToFileURL(join(project, "package.json")).href;
  const text = `
import { registerHooks } from "node:module";
registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!/^(?:[a-z0-9]|@[a-z0-9])/i.test(specifier)) throw error;
      try {
        return next(specifier, { ...context, parentURL: ${JSON.stringify(parent)} });
      } catch {
        throw error;
      }
    }
  },
});`;
  return `data:text/javascript,${encodeURIComponent(text)}`;
}
