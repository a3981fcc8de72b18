/**
 * Orders strings by their UTF-8 bytes, which is the order of their code points and how Go and Slurm sort names.
 * JavaScript's own order is by UTF-16 units, where characters above U+FFFF come before those from U+E000 on.
 */
export function compareBytes(a: string, b: string): number {
  const shorter = a.length < b.length ? a.length : b.length;
  for (let index = 0; index < shorter; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return behindSurrogates(left) - behindSurrogates(right);
  }
  return a.length - b.length;
}

/** Moves surrogates, which stand for characters above U+FFFF, behind all other units. */
function behindSurrogates(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
