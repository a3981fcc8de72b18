import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { killWriters } from "../../../test/store-crash.ts";
import { systemClock } from "../../jobs/clock.ts";
import { acceptOne, lease, newJob, submitOne, until } from "../../jobs/store-fixture.contract.ts";
import type { JobStore } from "../../jobs/store.ts";
import { openStore } from "../registry.ts";

const fillProgram = fileURLToPath(new URL("../../../test/store-filler.ts", import.meta.url));

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-store-"));
  file = join(folder, "state", "jobs.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(patienceMs = 200): Promise<JobStore> {
  return openStore({ url: file, clock: systemClock, patienceMs });
}

test("a writer killed at fifty random moments loses nothing that it answered and leaves nothing half done", async () => {
  expect(await killWriters(file, 50)).toBeGreaterThanOrEqual(25);
}, 300_000);

describe("a database that is in the way", () => {
  test("is made with its folder, for its owner alone", async () => {
    await using store = await open();
    await acceptOne(store);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "state")).mode & 0o777).toBe(0o700);
  });

  test("is made once by processes that start together", async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(10_000)));
    await Promise.all(stores.map((store) => acceptOne(store)));
    expect(await stores[0]?.lastEvent()).toBe(4);
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
  });

  test("locked by another process for too long: writing says so, reading goes on, and after it all goes on", async () => {
    await using store = await open();
    const job = await acceptOne(store);
    const other = new DatabaseSync(file);
    other.exec("begin immediate");
    const refused = store.accept([newJob()]);
    await expect(refused).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringContaining(file) });
    expect(await store.get(job.id)).toEqual(job);
    other.exec("rollback");
    other.close();
    await acceptOne(store);
    expect(await store.lastEvent()).toBe(2);
  });

  test("locked for a while: writing waits, and holds nothing else up", async () => {
    await using store = await open(10_000);
    const other = new DatabaseSync(file);
    other.exec("begin immediate");
    const accepted = acceptOne(store);
    await new Promise((resolve) => setTimeout(resolve, 50));
    other.exec("commit");
    other.close();
    expect((await accepted).position).toBe(1);
  });

  test("no database at all, or a damaged one, is named and left as it is", async () => {
    const made = await open();
    for (let count = 0; count < 100; count++) await acceptOne(made);
    await made[Symbol.asyncDispose]();
    const damaged = openSync(file, "r+");
    writeSync(damaged, Buffer.alloc(8_192, 0xff), 0, 8_192, 100);
    closeSync(damaged);
    await expect(open()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", message: /is damaged|is no database/ });
    writeFileSync(file, "This is a letter, not a database. ".repeat(100));
    await expect(open()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", message: /is no database/ });
    expect(statSync(file).size).toBe(3_400);
    truncateSync(file);
    await using anew = await open();
    await acceptOne(anew);
  });

  test("removed or replaced while it is open: nothing more is answered for, until it is put back", async () => {
    await using store = await open();
    const job = await acceptOne(store);
    for (const part of [file, `${file}-wal`]) {
      renameSync(part, `${part}.away`);
      const refused = {
        code: "STORE_UNAVAILABLE",
        message: expect.stringContaining(`${part} was removed or replaced`),
      };
      await expect(store.accept([newJob()])).rejects.toMatchObject(refused);
      writeFileSync(part, "");
      await expect(store.requestCancel(job.id)).rejects.toMatchObject(refused);
      renameSync(`${part}.away`, part);
      await acceptOne(store);
    }
  });

  test("in a folder that may not be written it is refused by name, and left as it was", async () => {
    const made = await open();
    await acceptOne(made);
    await made[Symbol.asyncDispose]();
    chmodSync(file, 0o444);
    chmodSync(join(folder, "state"), 0o555);
    const program = `import { openStore } from ${JSON.stringify(new URL("../registry.ts", import.meta.url).href)};
      const clock = { now: () => Date.now(), sleep: async () => {} };
      await openStore({ url: process.argv[1], clock }).catch(({ code, message }) => console.log(code, message));`;
    // Root may write everywhere but without this capability (capabilities(7)).
    const bounded = process.geteuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override"] : [];
    const argv = [...bounded, process.execPath, "--input-type=module", "-e", program, file];
    const { stdout } = spawnSync("env", argv, { encoding: "utf8" });
    chmodSync(join(folder, "state"), 0o755);
    chmodSync(file, 0o600);
    expect(stdout).toMatch(/^STORE_UNAVAILABLE .*jobs\.db cannot be .*permission/i);
    await using store = await open();
    expect(await store.lastEvent()).toBe(1);
  });

  test("a place that cannot be written is named", async () => {
    writeFileSync(join(folder, "state"), "in the way");
    await expect(open()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", details: { file } });
    await expect(openStore({ url: folder, clock: systemClock })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    for (const url of ["sqlite:", "sqlite::memory:", "mysql://h/d"]) {
      await expect(openStore({ url, clock: systemClock })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    }
  });

  test("a disk that takes no more refuses the write whole, and takes it when there is room", async () => {
    // The kernel's bound on the size of files stands in for the disk's (setrlimit(2), RLIMIT_FSIZE): no rights are needed.
    const child = spawn("prlimit", ["--fsize=2000000:unlimited", process.execPath, fillProgram, file], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const ended = once(child, "close");
    await until(() => said.includes("\n"));
    spawnSync("prlimit", ["--fsize=unlimited:unlimited", "--pid", String(child.pid)]);
    child.stdin.end("there is room\n");
    await ended;
    const [refused, accepted] = said
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(refused).toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringMatching(/disk/) });
    await using store = await open();
    const { accepted: state } = await store.count({});
    expect({ accepted: state }).toEqual(accepted);
    expect(await store.lastEvent()).toBe(state);
  });
});

describe("a clock that is set", () => {
  test.for([-3_600_000, 3_600_000])(
    "by %d ms: a dead holder's lease is had, and what it had is refused",
    async (step) => {
      const clock = { ...systemClock, now: () => Date.now() + ahead };
      let ahead = 0;
      await using store = await openStore({ url: file, clock });
      const old = await lease(store);
      const job = await submitOne(store, old, "12");
      expect(await store.acquireLease("alpha", "two", 10_000)).toBeUndefined();
      ahead = step;
      const next = await store.acquireLease("alpha", "two", 10_000);
      expect(next?.token).toBeGreaterThan(old.token);
      await expect(store.markFreshness("stale", old)).rejects.toMatchObject({ code: "CLUSTER_BUSY" });
      // The order is that of acceptance, whatever the clock says.
      const later = await acceptOne(store);
      expect(later.position).toBeGreaterThan(job.position);
    },
  );
});

test("loading SQLite writes nothing to the terminal", () => {
  const program = `import { openStore } from ${JSON.stringify(new URL("../registry.ts", import.meta.url).href)};
    const clock = { now: () => Date.now(), sleep: async () => {} };
    await using store = await openStore({ url: process.argv[1], clock });
    console.log(await store.lastEvent());`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program, file], {
    encoding: "utf8",
  });
  expect({ stdout, stderr }).toEqual({ stdout: "0\n", stderr: "" });
});
