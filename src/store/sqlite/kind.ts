import type { StoreKind } from "../store-kind.ts";

export const sqliteKind: StoreKind = {
  kind: "sqlite",
  schemes: ["sqlite:"],
  isShared: false,
  open: async (opening) => (await import("./sqlite-store.ts")).openSqliteStore(opening),
};
