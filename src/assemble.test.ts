import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assembleClusters } from "./assemble.ts";
import { readSelf } from "./assemble-owners.ts";
import { readConfig } from "./config.ts";
import { systemClock } from "./jobs/clock.ts";
import { UnixAccounts } from "./remote/unix-accounts.ts";

test("a folder of settings may be given from the home, for the user whose it is", async () => {
  const home = mkdtempSync(join(tmpdir(), "home-"));
  try {
    const config = readConfig({ HOME: home, PATH: "/usr/bin:/bin" });
    const { signal } = new AbortController();
    const self = readSelf();
    const ownership = { self, accounts: new UnixAccounts({ clock: systemClock, env: config.environment }) };
    await using sources = assembleClusters({ config, signal, ownership });
    const bytes = new TextEncoder().encode("x");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    for (const [folder, expected] of [
      ["~/jobs", join(home, "jobs")],
      [join(home, "of-{owner}"), join(home, `of-${self.name}`)],
    ] as const) {
      const cluster = await sources.opened("here", { kind: "process", folder });
      expect(await cluster.keepFile({ sha256, bytes }, signal)).toBe(join(expected, "files", sha256));
    }
  } finally {
    rmSync(home, { recursive: true });
  }
});
