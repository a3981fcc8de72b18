import { SluiceError } from "../../errors.ts";
import { checkOptions } from "../define/check-options.ts";
import type { TaskOptions } from "../define/task-options.ts";
import { mergedPart, originOf, type Environment } from "./environment-sections.ts";
import { slurmfileInvalid } from "./slurmfile-error.ts";

/** What the Python SDK calls otherwise, or leaves to itself; what it makes of Python's packages has nothing to stand for here. */
const python: Readonly<Record<string, string | undefined>> = { auto: undefined, none: "source" };

/** Reads `[ENVIRONMENT.packaging]`, where `type` is the kind. Throws `SLURMFILE_INVALID`. */
export function readPackagingPart(environment: Environment): TaskOptions {
  const { type, kind = type, ...others } = mergedPart(environment, "packaging");
  const fail = (path: readonly string[], problem: string, cause?: unknown): SluiceError =>
    slurmfileInvalid({ file: environment.document.file, ...originOf(environment, path), problem, cause });
  if (kind === undefined && Object.keys(others).length === 0) return {};
  if (kind === "wheel") {
    throw fail(
      ["packaging", "type"],
      'is "wheel", which is for Python; leave it out for a bundle, or name bundle, source, npm, container or inherit',
    );
  }
  const word = typeof kind === "string" && Object.hasOwn(python, kind) ? python[kind] : (kind ?? "bundle");
  if (word === undefined) return {};
  const isWord = typeof word === "string" && word.includes(":") && Object.keys(others).length === 0;
  try {
    return Object.fromEntries(checkOptions({ packaging: isWord ? word : { kind: word, ...others } }));
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const [, , name] = String(error.details["field"]).split(".");
    const isKind = name === undefined || name === "kind";
    throw fail(
      ["packaging", isKind ? (type === undefined ? "kind" : "type") : name],
      error.message.replace(/^\S+ /, ""),
      error,
    );
  }
}
