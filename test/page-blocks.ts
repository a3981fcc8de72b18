import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/step.ts";

/** A block of code on a page of the documentation. */
export interface PageBlock {
  readonly language: string;
  /** Where a reader would save it: ` ```ts file=src/train.ts `. */
  readonly file: string | undefined;
  /** Whether a reader would type it: ` ```sh runnable `. */
  readonly isRunnable: boolean;
  readonly text: string;
  /** Of its first line on the page. */
  readonly line: number;
}

/** The blocks of a page, in order. */
export function pageBlocks(page: string): readonly PageBlock[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```(\w*)(?: (?:file=(\S+)|(runnable)))?\n([\s\S]*?)^```$/gm)].map((found) => {
    const [, language = "", file, runnable, code = ""] = found;
    const line = text.slice(0, found.index).split("\n").length + 1;
    return { language, file, isRunnable: runnable !== undefined, text: code, line };
  });
}

/** What a reader would do from top to bottom, as one script: files are saved, commands typed. */
export function pageScript(page: string): string {
  return pageBlocks(page)
    .flatMap(({ file, isRunnable, text }) => {
      if (file !== undefined)
        return [`mkdir -p "$(dirname ${file})"\ncat >${file} <<'END_OF_FILE'\n${text}END_OF_FILE\n`];
      return isRunnable ? [text] : [];
    })
    .join("");
}
