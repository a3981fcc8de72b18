import type { Backend } from "./backend.ts";

export interface OutputOptions {
  /** `stdout` where left out. */
  readonly stream?: "stdout" | "stderr" | undefined;
  /** Goes on until the job has ended; what there is by now where left out. */
  readonly follow?: boolean | undefined;
  /** The last so many lines instead of all. */
  readonly tail?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a job, or a task of an array, writes. */
export class JobOutput {
  readonly #backend: Pick<Backend, "output">;
  readonly #id: string;
  readonly #task: number | undefined;

  constructor(backend: Pick<Backend, "output">, id: string, task: number | undefined) {
    this.#backend = backend;
    this.#id = id;
    this.#task = task;
  }

  /** As text, a character never in two pieces. */
  async *pieces({ stream = "stdout", follow = false, tail, signal }: OutputOptions): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    const query = {
      stream,
      follow,
      ...(this.#task !== undefined && { task: this.#task }),
      ...(tail !== undefined && { tail }),
    };
    for await (const { bytes } of this.#backend.output(this.#id, query, { signal })) {
      const text = decoder.decode(bytes, { stream: true });
      if (text !== "") yield text;
    }
    const rest = decoder.decode();
    if (rest !== "") yield rest;
  }

  async whole(stream: "stdout" | "stderr", options: { readonly signal?: AbortSignal | undefined }): Promise<string> {
    let text = "";
    for await (const piece of this.pieces({ ...options, stream })) text += piece;
    return text;
  }
}
