/**
 * One frame between Sluice and its agent: the payload's length and an id as 32-bit big-endian numbers, one letter, the payload.
 *
 * To the agent: `R` start what the fields say under this id, `K` end it, `P` answer.
 * From the agent: `H` the fields of its greeting, `o` and `e` bytes of standard output and error, `X` the fields of the end,
 * `F` the fields of why it did not start, `P` the answer.
 */
export interface Frame {
  readonly type: string;
  readonly id: number;
  readonly payload: Buffer;
}

const headerBytes = 9;

/** The agent sends output in far smaller parts; what looks longer is not the agent's. */
const maxPayloadBytes = 4 * 1024 * 1024;

export function encodeFrame(type: string, id: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame.writeUInt32BE(id, 4);
  frame.write(type, 8, 1, "latin1");
  payload.copy(frame, headerBytes);
  return frame;
}

/** Takes the bytes of a stream as they come and gives its frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Throws `RangeError` where the bytes are no frames. */
  *read(chunk: Buffer): Generator<Frame> {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= headerBytes) {
      const length = bytes.readUInt32BE(0);
      const type = bytes.toString("latin1", 8, headerBytes);
      if (length > maxPayloadBytes || !"HoeXFP".includes(type)) throw new RangeError("not a frame");
      const end = headerBytes + length;
      if (bytes.length < end) break;
      yield { type, id: bytes.readUInt32BE(4), payload: bytes.subarray(headerBytes, end) };
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }
}

/** A list of texts or bytes as one payload, each behind its length. */
export function encodeFields(fields: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = typeof field === "string" ? Buffer.from(field, "utf8") : field;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** Throws `RangeError` where the payload is no list. */
export function decodeFields(payload: Buffer): string[] {
  const fields: string[] = [];
  for (let at = 0; at < payload.length;) {
    const end = at + 4 + payload.readUInt32BE(at);
    if (end > payload.length) throw new RangeError("a field goes past its payload");
    fields.push(payload.toString("utf8", at + 4, end));
    at = end;
  }
  return fields;
}
