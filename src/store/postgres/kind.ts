import type { StoreKind } from "../store-kind.ts";

export const postgresKind: StoreKind = {
  kind: "postgres",
  schemes: ["postgres:", "postgresql:"],
  isShared: true,
  open: async (opening) => (await import("./postgres-store.ts")).openPostgresStore(opening),
};
