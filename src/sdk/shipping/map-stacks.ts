import type { SourceMap } from "node:module";

/** A module's inline source map, as esbuild writes it. */
const mapAtEnd = /\n\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/;

/**
 * Has stacks name the places of the sources, not those in the code of this job. Node's own way reads the map whenever the
 * code is loaded, which takes as long as all else together; this one reads it when the first stack is asked for.
 *
 * @param code - absolute path of the code, as Node was started with it
 */
export function mapStacks(code: string): void {
  const url = process.getBuiltinModule("node:url").pathToFileURL(code).href;
  let read = false;
  let places: Places | undefined;
  Error.prepareStackTrace = (error, sites) => {
    if (!read) {
      // A stack that is asked for meanwhile stays as it is.
      read = true;
      places = readPlaces(code);
    }
    const frames = sites.map((site) => {
      const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
      const frame: string = Reflect.apply(Object(site).toString, site, []);
      if (site.getFileName() !== url || line === null || column === null) return `\n    at ${frame}`;
      return `\n    at ${frame.replace(`${url}:${line}:${column}`, (place) => places?.(line, column) ?? place)}`;
    });
    return `${headOf(error)}${frames.join("")}`;
  };
}

/** Takes line and column in the code, from 1, to `path:line:column` of the source. */
type Places = (line: number, column: number) => string | undefined;

function readPlaces(code: string): Places | undefined {
  try {
    const { readFileSync } = process.getBuiltinModule("node:fs");
    const { fileURLToPath } = process.getBuiltinModule("node:url");
    const [, encoded] = mapAtEnd.exec(readFileSync(code, "utf8")) ?? [];
    if (encoded === undefined) return undefined;
    const payload: SourceMap["payload"] = JSON.parse(Buffer.from(encoded, "base64").toString());
    const map = new (process.getBuiltinModule("node:module").SourceMap)(payload);
    return (line, column) => {
      const entry = map.findEntry(line - 1, column - 1);
      if (!("originalSource" in entry)) return undefined;
      const { href } = new URL(entry.originalSource, payload.sourceRoot);
      const path = href.startsWith("file:") ? fileURLToPath(href) : href;
      return `${path}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    };
  } catch {
    // Places in the code are better than none.
    return undefined;
  }
}

function headOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "Error";
  }
}
