import { getCallSites } from "node:util";
import type { DefinitionPlace } from "./task-definition.ts";

/** Where a function was called: in the script that runs, not in the source that a map names. */
export interface CallPosition {
  /** As the engine has it: a URL or a path, or neither. */
  readonly script: string;
  readonly scriptId: string;
  readonly line: number;
  readonly column: number;
}

/** `depth` is 0 for where the function that calls this one was called, 1 for where that function's caller was. */
export function callPosition(depth: number): CallPosition | undefined {
  const frame = getCallSites(depth + 3, { sourceMap: false })[depth + 2];
  if (frame === undefined) return undefined;
  return { script: frame.scriptName, scriptId: frame.scriptId, line: frame.lineNumber, column: frame.columnNumber };
}

/** What gives the place of each definition of one module, whose file is known, where its own caller is called. */
export function placesIn({ module, path }: Pick<DefinitionPlace, "module" | "path">): () => DefinitionPlace {
  return () => {
    const position = callPosition(1);
    const call = position && { file: position.script, line: position.line, column: position.column };
    return { module, path, isPutTogether: true, ...(call !== undefined && { call }) };
  };
}
