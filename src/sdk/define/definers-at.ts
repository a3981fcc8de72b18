import { createDefiners, type Definers } from "./create-definers.ts";

/**
 * `task` and `workflow` for one module, whose place is known: code that was put together from several modules has no frames
 * that tell. `path` is the module's from its project's folder.
 *
 * @internal
 */
export function definersAt({ module, path }: { readonly module: string; readonly path: string }): Definers {
  return createDefiners(() => ({ module, path }));
}
