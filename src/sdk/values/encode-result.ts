import { SluiceError } from "../../errors.ts";
import { encodeValue } from "./encode-value.ts";
import { largestResult, type EncodedResult } from "./encoded-value.ts";

export interface ResultNames {
  /** Name of the nth file beside the result, from 0; the same places as that of a file's name allow: `result.0.bin`. */
  readonly fileName: (position: number) => string;
  /** What the value is called in messages. */
  readonly root?: string;
}

const remedy = "write it to a file that all nodes see, and return its path";

/**
 * The value that a task returns. Throws `NOT_SERIALISABLE` with the path (`result.model.loss`), and `LIMIT_EXCEEDED` where
 * it is larger than 64 MiB with its buffers.
 */
export function encodeResult(value: unknown, { fileName, root = "result" }: ResultNames): EncodedResult {
  const files: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  const { json } = encodeValue(value, {
    root,
    largest: largestResult,
    remedy,
    beside: (bytes) => {
      const name = fileName(files.length);
      files.push({ name, bytes });
      return { name };
    },
  });
  const whole = files.reduce((sum, { bytes }) => sum + bytes.byteLength, Buffer.byteLength(json));
  if (whole > largestResult) {
    const message = `${root}: ${String(whole)} bytes, and ${String(largestResult)} is the most; ${remedy}`;
    throw new SluiceError("LIMIT_EXCEEDED", message, { details: { field: root } });
  }
  return { json, files };
}
