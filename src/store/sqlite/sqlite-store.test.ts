import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../jobs/clock.ts";
import { describeJobStore } from "../../jobs/store.contract.ts";
import { openStore } from "../registry.ts";

describeJobStore("sqlite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-store-"));
  return {
    open: () => openStore({ url: `sqlite:${join(folder, "jobs.db")}`, clock: systemClock }),
    close: async () => rmSync(folder, { recursive: true }),
  };
});
