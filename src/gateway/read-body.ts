import { SluiceError } from "../errors.ts";

/** The bytes of a body, read no further than the bound. Throws `LIMIT_EXCEEDED`, `INPUT_INVALID` where the sender broke off. */
export async function readBytes(request: Request, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): SluiceError =>
    new SluiceError("LIMIT_EXCEEDED", `the body is larger than ${maxBytes} bytes, the bound of this operation`);
  const announced = request.headers.get("content-length");
  if (Number(announced ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // HTTP itself holds a body to the length that was announced, and read at once it takes a fraction of the time.
    if (announced !== null) return Buffer.from(await request.arrayBuffer());
    for await (const chunk of request.body ?? []) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError("INPUT_INVALID", "the body broke off before its end", { cause });
  }
  return Buffer.concat(chunks, size);
}

/** The JSON of a body. Throws `INPUT_INVALID` for what is no UTF-8 or no JSON, `LIMIT_EXCEEDED`. */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const bytes = await readBytes(request, maxBytes);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SluiceError("INPUT_INVALID", "the body is not UTF-8", { cause });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (!holdsHalfCharacter(text, value)) return value;
  } catch (cause) {
    const why = cause instanceof SyntaxError ? cause.message : "it is nested too deeply";
    throw new SluiceError("INPUT_INVALID", `the body is not JSON: ${why.slice(0, 200)}`, { cause });
  }
  throw new SluiceError(
    "INPUT_INVALID",
    "the body holds half a character (a lone surrogate), which no UTF-8 can carry",
  );
}

/**
 * Whether a text in it is no Unicode: JSON can write one half of a pair of surrogates, `"\ud800"`, which would arrive as
 * another character. `JSON.stringify` writes such halves, and of surrogates those alone, as escapes.
 */
function holdsHalfCharacter(text: string, value: unknown): boolean {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return false;
  return /(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(JSON.stringify(value));
}
