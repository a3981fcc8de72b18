import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";

/**
 * Writes what an engine was told to leave in a file, in one step, so that nobody reads a part. Throws `TopologyError` (500)
 * in Topograph's words where the file cannot be written.
 */
export async function writeOutput(
  { runner }: TopologyHost,
  path: string,
  content: string,
  signal: AbortSignal,
): Promise<void> {
  await runner.writeFile(path, content, { mode: 0o644 }, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const message = `failed to create ${quoteGo(path)}: open ${path}: ${whyUnwritable(error)}`;
    throw new TopologyError(500, message, { cause: error });
  });
}

/** The system's words for its codes, as Go prints them. */
const systemWords: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EISDIR: "is a directory",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EROFS: "read-only file system",
  ENOSPC: "no space left on device",
  ENAMETOOLONG: "file name too long",
};

function whyUnwritable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return systemWords[code] ?? error.message;
}
