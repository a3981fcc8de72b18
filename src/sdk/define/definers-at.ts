import { placesIn } from "./call-position.ts";
import { createDefiners, type Definers } from "./create-definers.ts";
import { mergeOptions } from "./resolve-options.ts";

/**
 * `task` and `workflow` for one module, whose place is known: in code that was put together from several modules no frame
 * tells it. `path` is the module's from its project's folder.
 *
 * @internal
 */
export function definersAt(module: { readonly module: string; readonly path: string }): Definers {
  return createDefiners({ placeOf: placesIn(module), merge: mergeOptions });
}
