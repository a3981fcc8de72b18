import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../jobs/clock.ts";
import { describeJobStore } from "../../jobs/store.contract.ts";
import { describeTopologyStore } from "../../topology/topology-store.contract.ts";
import { openStore } from "../registry.ts";

describeJobStore("sqlite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-store-"));
  return {
    open: () => openStore({ url: `sqlite:${join(folder, "jobs.db")}`, clock: systemClock }),
    close: async () => rmSync(folder, { recursive: true }),
  };
});

describeTopologyStore("sqlite", async (topologyBounds) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-store-"));
  const opened = await openStore({
    url: `sqlite:${join(folder, "jobs.db")}`,
    clock: systemClock,
    topologyBounds,
  });
  return {
    store: opened.topology,
    async close() {
      await opened[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
});
