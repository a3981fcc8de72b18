import { createHash } from "node:crypto";
import { encodeValue } from "./encode-value.ts";
import { largestArguments, type EncodedArguments } from "./encoded-value.ts";

/**
 * The arguments of one call. Jobs among them, however deep, stand for their values. Throws `NOT_SERIALISABLE` with the path
 * (`args[0].model.loss`), and `LIMIT_EXCEEDED` where their JSON is larger than a script may be.
 */
export function encodeArguments(args: readonly unknown[]): EncodedArguments {
  const files = new Map<string, Uint8Array>();
  const { json, jobs } = encodeValue(args, {
    root: "args",
    largest: largestArguments,
    remedy: "send a Uint8Array, which travels beside the script, or the path of a file that all nodes see",
    beside: (bytes) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      // A copy: the caller may write to the buffer before it is sent.
      if (!files.has(sha256)) files.set(sha256, bytes.slice());
      return { sha256 };
    },
  });
  return { json, jobs, files: Array.from(files, ([sha256, bytes]) => ({ sha256, bytes })) };
}
