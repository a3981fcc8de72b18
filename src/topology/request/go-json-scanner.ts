import { Buffer, isUtf8 } from "node:buffer";
import { quoteGo } from "../names/quote-go.ts";

/** Text that is no JSON, in the words of Go's encoding/json. */
export class GoJsonError extends Error {
  override readonly name = "GoJsonError";
}

/**
 * Reads the tokens of a JSON text as Go's encoding/json does; of its checks the first that fails throws `GoJsonError` with
 * Go's words. Who calls knows the grammar, this knows the letters.
 */
export class GoJsonScanner {
  readonly #text: string;
  /** Bytes that were no UTF-8 stand in the text as halves of surrogate pairs, U+DC00 and the byte. */
  readonly #isMended: boolean;
  #at = 0;

  constructor(bytes: Uint8Array) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#isMended = !isUtf8(buffer);
    this.#text = this.#isMended ? mend(buffer) : buffer.toString("utf8");
  }

  /** The next character that is no white space, which stays the next; -1 at the end. */
  peek(): number {
    for (; this.#at < this.#text.length; this.#at++) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return unit;
    }
    return -1;
  }

  /** Passes over the character that `peek` has shown. */
  skip(): void {
    this.#at += 1;
  }

  /** What is wrong with the next character, which is expected to be something else: `looking for beginning of value`. */
  fail(where: string): GoJsonError {
    if (this.#at >= this.#text.length) return new GoJsonError("unexpected end of JSON input");
    return new GoJsonError(`invalid character ${quoted(this.#byte())} ${where}`);
  }

  /** Reads a text whose first quotation mark is next. */
  string(): string {
    const text = this.#text;
    const begin = this.#at + 1;
    for (let at = begin; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === 0x22) {
        this.#at = at + 1;
        return this.#whole(text.slice(begin, at));
      }
      if (unit === 0x5c || unit < 0x20) {
        this.#at = at;
        return this.#whole(text.slice(begin, at)) + this.#rest();
      }
    }
    this.#at = this.#text.length;
    throw this.fail("");
  }

  /** The rest of a text from its first escape or control character on. */
  #rest(): string {
    const parts: string[] = [];
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(unit)) throw this.fail("");
      if (unit < 0x20) throw this.fail("in string literal");
      if (unit === 0x22) {
        this.#at += 1;
        return parts.join("");
      }
      if (unit === 0x5c) {
        this.#at += 1;
        parts.push(this.#escape());
        continue;
      }
      let end = this.#at;
      while (end < this.#text.length) {
        const next = this.#text.charCodeAt(end);
        if (next === 0x22 || next === 0x5c || next < 0x20) break;
        end += 1;
      }
      parts.push(this.#whole(this.#text.slice(this.#at, end)));
      this.#at = end;
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at];
    const plain = letter === undefined ? undefined : escapes[letter];
    if (plain !== undefined) {
      this.#at += 1;
      return plain;
    }
    if (letter !== "u") throw this.#failIn("in string escape code");
    this.#at += 1;
    const unit = this.#hex();
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    const low = unit < 0xdc00 ? lowHalf.exec(this.#text.slice(this.#at, this.#at + 6)) : null;
    if (low === null) return "\ufffd";
    this.#at += 6;
    return String.fromCharCode(unit, Number.parseInt(low[1] ?? "", 16));
  }

  #hex(): number {
    let value = 0;
    for (let digit = 0; digit < 4; digit++) {
      const unit = this.#text[this.#at];
      if (unit === undefined || !/[0-9a-fA-F]/.test(unit)) throw this.#failIn("in \\u hexadecimal character escape");
      value = value * 16 + Number.parseInt(unit, 16);
      this.#at += 1;
    }
    return value;
  }

  /** Reads a number whose first character is next; its text. */
  number(): string {
    const begin = this.#at;
    if (this.#isNext(0x2d)) this.#at += 1;
    if (this.#isNext(0x30)) this.#at += 1;
    else this.#digits("in numeric literal");
    if (this.#isNext(0x2e)) {
      this.#at += 1;
      this.#digits("after decimal point in numeric literal");
    }
    if (this.#isNext(0x65) || this.#isNext(0x45)) {
      this.#at += 1;
      if (this.#isNext(0x2b) || this.#isNext(0x2d)) this.#at += 1;
      this.#digits("in exponent of numeric literal");
    }
    return this.#text.slice(begin, this.#at);
  }

  #digits(where: string): void {
    const begin = this.#at;
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (!(unit >= 0x30 && unit <= 0x39)) break;
      this.#at += 1;
    }
    if (this.#at === begin) throw this.#failIn(where);
  }

  /** Reads `true`, `false` or `null`, whose first letter is next. */
  word(word: "true" | "false" | "null"): void {
    for (const letter of word) {
      if (this.#text[this.#at] !== letter) throw this.#failIn(`in literal ${word} (expecting '${letter}')`);
      this.#at += 1;
    }
  }

  #isNext(unit: number): boolean {
    return this.#text.charCodeAt(this.#at) === unit;
  }

  /** As `fail`; within a token Go takes the end of the text for a space. */
  #failIn(where: string): GoJsonError {
    if (this.#at < this.#text.length) return this.fail(where);
    return new GoJsonError(`invalid character ' ' ${where}`);
  }

  /** The first byte of the next character. */
  #byte(): number {
    const point = this.#text.codePointAt(this.#at) ?? 0;
    if (point >= 0xdc00 && point <= 0xdfff) return point - 0xdc00;
    return Buffer.from(String.fromCodePoint(point))[0] ?? 0;
  }

  #whole(part: string): string {
    return this.#isMended ? part.replace(/[\udc80-\udcff]/gu, "\ufffd") : part;
  }
}

const escapes: Readonly<Record<string, string | undefined>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

const lowHalf = /^\\u([dD][c-fC-F][0-9a-fA-F]{2})$/;

function quoted(byte: number): string {
  if (byte === 0x27) return "'\\''";
  if (byte === 0x22) return `'"'`;
  return `'${quoteGo(String.fromCharCode(byte)).slice(1, -1)}'`;
}

/** The text of bytes of which some are no UTF-8. Go takes each of these for a character of its own. */
function mend(bytes: Buffer): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    let end = at;
    while (end < bytes.length && (bytes[end] ?? 0) < 0x80) end += 1;
    if (end > at) {
      parts.push(bytes.toString("latin1", at, end));
      at = end;
      continue;
    }
    const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    const character = bytes.subarray(at, at + length);
    const isWhole = first >= 0xc2 && character.length === length && isUtf8(character);
    parts.push(isWhole ? character.toString("utf8") : String.fromCharCode(0xdc00 + first));
    at += isWhole ? length : 1;
  }
  return parts.join("");
}
