import { randomFillSync } from "node:crypto";
import { ulid } from "ulid";

/** Random bytes that are still to be used: asking the system for each of a ULID's letters costs more than all else about it. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** A number from 0 up to 1, in 256 steps, of which the 32 letters of a ULID get eight each. */
function random(): number {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.readUInt8(used++) / 256;
}

/** A ULID: ids of later milliseconds sort later. */
export function newId(nowMs: number): string {
  return ulid(nowMs, random);
}
