import { SluiceError } from "./errors.ts";

/** The known kinds of one port, by name. */
export interface Registry<T extends { readonly kind: string }> {
  readonly kinds: readonly string[];
  /** Throws `INPUT_INVALID`, listing the known kinds, where there is none of that name. */
  get(kind: string): T;
}

/** Builds a registry; a kind that stands twice is a mistake in the program and throws at once. */
export function registry<T extends { readonly kind: string }>(what: string, entries: readonly T[]): Registry<T> {
  const byKind = new Map<string, T>();
  for (const entry of entries) {
    if (byKind.has(entry.kind)) throw new Error(`${what} kind "${entry.kind}" is registered twice`);
    byKind.set(entry.kind, entry);
  }
  const kinds = [...byKind.keys()];
  return {
    kinds,
    get(kind) {
      const entry = byKind.get(kind);
      if (entry === undefined) {
        throw new SluiceError("INPUT_INVALID", `unknown ${what} "${kind}"; known: ${kinds.join(", ")}`, {
          details: { field: what },
        });
      }
      return entry;
    },
  };
}
