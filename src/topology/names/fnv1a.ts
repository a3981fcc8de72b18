import { Buffer } from "node:buffer";

/**
 * The 64-bit FNV-1a hash of a text's UTF-8 bytes, as Go prints it with `%x`: small hexadecimal digits without leading zeros.
 * See RFC 9923 (http://www.isthe.com/chongo/tech/comp/fnv/).
 */
export function fnv1a64(text: string): string {
  // Two halves of 32 bits: arithmetic of BigInt takes many times as long. The prime is 2^40 + 0x1b3.
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of Buffer.from(text, "utf8")) {
    low = (low ^ byte) >>> 0;
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 0x1_0000_0000) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, "0");
}
