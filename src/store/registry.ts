import { SluiceError } from "../errors.ts";
import { registry } from "../registry.ts";
import { postgresKind } from "./postgres/kind.ts";
import { sqliteKind } from "./sqlite/kind.ts";
import type { OpenStore, StoreKind, StoreOpening } from "./store-kind.ts";

/** The kinds of database that jobs can be kept in. */
export const storeKinds = registry<StoreKind>("store kind", [sqliteKind, postgresKind]);

/** Opens the store that an address names. Throws as `storeKindOf` and `StoreKind.open` do. */
export async function openStore(opening: StoreOpening): Promise<OpenStore> {
  return storeKindOf(opening.url).open(opening);
}

/**
 * The kind of the store that an address names: a path or `sqlite:PATH`, `postgres://USER@HOST/DATABASE`. Throws
 * `INPUT_INVALID`, naming the scheme and never the rest.
 */
export function storeKindOf(url: string): StoreKind {
  const scheme = /^[a-z][a-z0-9+.-]+:/i.exec(url)?.[0].toLowerCase();
  if (scheme === undefined) return sqliteKind;
  const kinds = storeKinds.kinds.map((kind) => storeKinds.get(kind));
  const found = kinds.find(({ schemes }) => schemes.includes(scheme));
  if (found !== undefined) return found;
  throw new SluiceError(
    "INPUT_INVALID",
    `store: "${scheme}" is no kind of store; use a path, or an address that begins with ${kinds.flatMap(({ schemes }) => schemes).join(", ")}`,
    { details: { field: "store" } },
  );
}
