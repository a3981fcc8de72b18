/** Names further away than this many edits are no help. */
const furthest = 2;
/** Longer words are no slip of the finger, and would take long to compare. */
const longest = 40;

/** The name that is at most two edits (insert, remove, replace) from `word`, the nearest one first in order. */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  if (word.length < 2 || word.length > longest) return undefined;
  let nearest: { name: string; distance: number } | undefined;
  for (const name of names) {
    if (Math.abs(name.length - word.length) > furthest) continue;
    const distance = editDistance(word.toLowerCase(), name);
    if (distance <= furthest && distance < Math.min(name.length, nearest?.distance ?? Infinity)) {
      nearest = { name, distance };
    }
  }
  return nearest?.name;
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
