/** The switches of one distance from the hosts: ids of what stands directly below each. The first level has hosts below it. */
export type Level = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Sorts switches by their distance from the hosts, nearest first: a switch belongs to the first level from which a link
 * leads to it, and links within a level or back down are passed over. Parts of the fabric that share neither hosts nor
 * switches are levelled apart. Linear in the links.
 *
 * @param links Ids of the switches that each host and each switch is linked to, up or down.
 */
export function fabricLevels(
  hosts: Iterable<string>,
  links: ReadonlyMap<string, Iterable<string>>,
): readonly (readonly Level[])[] {
  const islands = new Islands();
  const levels: Map<string, Set<string>>[] = [];
  const placed = new Set<string>();
  for (let below: Iterable<string> = hosts; ;) {
    const level = new Map<string, Set<string>>();
    for (const id of below) {
      for (const above of links.get(id) ?? []) {
        if (placed.has(above)) continue;
        islands.join(id, above);
        const children = level.get(above);
        if (children === undefined) level.set(above, new Set([id]));
        else children.add(id);
      }
    }
    if (level.size === 0) break;
    for (const id of level.keys()) placed.add(id);
    levels.push(level);
    below = level.keys();
  }

  const found = new Map<string, Map<string, Set<string>>[]>();
  for (const [index, level] of levels.entries()) {
    for (const [id, children] of level) {
      const island = islands.of(id);
      const own = found.get(island) ?? [];
      found.set(island, own);
      const ownLevel = own[index];
      if (ownLevel === undefined) own.push(new Map([[id, children]]));
      else ownLevel.set(id, children);
    }
  }
  return [...found.values()];
}

/** Which of the ids hang together (a union-find). */
class Islands {
  readonly #parents = new Map<string, string>();

  of(id: string): string {
    let at = id;
    for (;;) {
      const parent = this.#parents.get(at);
      if (parent === undefined) return at;
      const grandparent = this.#parents.get(parent);
      if (grandparent !== undefined) this.#parents.set(at, grandparent);
      at = parent;
    }
  }

  join(a: string, b: string): void {
    const [from, to] = [this.of(a), this.of(b)];
    if (from !== to) this.#parents.set(from, to);
  }
}
