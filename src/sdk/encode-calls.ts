import { SluiceError } from "../errors.ts";
import type { Backend } from "./backend.ts";
import type { TaskDefinition } from "./define/task-definition.ts";
import { encodeArguments } from "./values/encode-arguments.ts";
import { largestArguments, type EncodedArguments } from "./values/encoded-value.ts";

/** The calls of one job, or of the tasks of one array. */
export interface Calls {
  /** As the script has them: one line of JSON each. */
  readonly lines: readonly string[];
  readonly encoded: readonly EncodedArguments[];
}

/** Throws `NOT_SERIALISABLE`, and `LIMIT_EXCEEDED` where all of them are more than a script holds. */
export function encodeCalls({ bound }: TaskDefinition, calls: readonly (readonly unknown[])[]): Calls {
  const encoded = calls.map((args, index) => {
    try {
      return encodeArguments([...bound, ...args]);
    } catch (error) {
      if (calls.length === 1 || !(error instanceof SluiceError)) throw error;
      throw new SluiceError(error.code, `items[${index}]: ${error.message}`, { cause: error, details: error.details });
    }
  });
  const lines = encoded.map(({ json }) => `{"args":${json}}`);
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  if (bytes <= largestArguments) return { lines, encoded };
  throw new SluiceError(
    "LIMIT_EXCEEDED",
    `the arguments of all ${calls.length} calls are ${bytes} bytes, and a script holds ${largestArguments}; send large data as Uint8Array, or as paths of files that all nodes see`,
    { details: { field: "items" } },
  );
}

/** Puts large arguments on the cluster, each content once. */
export async function keepFiles(
  backend: Backend,
  encoded: readonly EncodedArguments[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const files = new Map(encoded.flatMap((one) => one.files).map(({ sha256, bytes }) => [sha256, bytes]));
  if (files.size === 0) return;
  const cluster = await backend.clusterName(signal);
  for (const [sha256, bytes] of files) {
    const kept = await backend.keptFile(cluster, sha256, { signal });
    if (kept === undefined) await backend.keepFile(cluster, sha256, bytes, { signal });
  }
}
