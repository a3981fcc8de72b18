import type { JobReference } from "./job-marker.ts";

/** JSON of arguments is part of the job's script, of which sbatch takes 4 MiB (slurm.conf, max_script_size). In bytes. */
export const largestArguments = 3 * 1024 * 1024;

/** A result, what stands beside it included, in bytes. */
export const largestResult = 64 * 1024 * 1024;

/** One buffer that stands beside the JSON, in bytes: what a gateway takes as one file. */
export const largestFile = 64 * 1024 * 1024;

/** Buffers of more bytes than this stand beside the JSON. */
export const largestInline = 64 * 1024;

/** How deep values may be nested: encoding and decoding such a value fits into the stack many times. */
export const deepest = 1_000;

export interface EncodedArguments {
  /** The array of arguments: one line, without a raw line break. */
  readonly json: string;
  /** To be kept on the cluster, by the hash (lower-case hexadecimal) that the JSON names; each content once. */
  readonly files: readonly { readonly sha256: string; readonly bytes: Uint8Array }[];
  /** Jobs whose values the arguments hold, each once; the call must wait for them. */
  readonly jobs: readonly JobReference[];
}

export interface EncodedResult {
  readonly json: string;
  /** To be written beside the result, under the names that the JSON has. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** Bytes that stand beside the JSON: a file kept on the cluster, or one beside the result. */
export type FileReference =
  | { readonly sha256: string; readonly length: number }
  | { readonly name: string; readonly length: number };

/** Where a decoder gets what an encoded value only names. */
export interface ValueSources {
  readonly file?: (file: FileReference) => Uint8Array | Promise<Uint8Array>;
  readonly job?: (job: JobReference) => unknown;
}
