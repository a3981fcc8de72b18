import { createDefiners, type Definers } from "./create-definers.ts";
import { callPosition } from "./place-of-caller.ts";

/**
 * `task` and `workflow` for one module, whose place is known: in code that was put together from several modules no frame
 * tells it. `path` is the module's from its project's folder.
 *
 * @internal
 */
export function definersAt({ module, path }: { readonly module: string; readonly path: string }): Definers {
  return createDefiners(() => {
    const position = callPosition(1);
    const call = position && { file: position.script, line: position.line, column: position.column };
    return { module, path, isPutTogether: true, ...(call !== undefined && { call }) };
  });
}
