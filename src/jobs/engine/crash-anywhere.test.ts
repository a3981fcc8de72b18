import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, asyncProperty, boolean, integer, record } from "fast-check";
import { expect, test } from "vitest";
import { openStore } from "../../store/registry.ts";
import { systemClock } from "../clock.ts";
import type { Caller, Engine } from "../job-service.ts";
import type { JobStore } from "../store.ts";
import { createEngine } from "./engine.ts";
import { MadeUpHost, Mortal } from "./mortal.contract.ts";

const caller: Caller = { subject: "ada", role: "user" };
const bob: Caller = { subject: "bob", role: "user" };

interface Life {
  readonly engine: Engine;
  readonly process: Mortal;
}

function live(store: JobStore, host: MadeUpHost, steps: number, outlives: boolean): Life {
  const process = new Mortal(steps);
  const engine = createEngine({
    store: process.watch(store),
    clock: process.clock(),
    holder: crypto.randomUUID(),
    leaseMs: 30,
    report: (error) => {
      throw error;
    },
    directory: {
      list: async () => [{ name: "made-up", kind: "made-up", identity: "1" }],
      open: async () => host.seenBy(process, outlives),
      defaultName: async () => "made-up",
    },
  });
  return { engine, process };
}

const lives = array(record({ steps: integer({ min: 1, max: 60 }), outlives: boolean() }), {
  minLength: 1,
  maxLength: 4,
});

test(
  "a crash between any two steps, again and again, gives each job to the scheduler once",
  { timeout: 120_000 },
  async () => {
    await assert(
      asyncProperty(lives, boolean(), boolean(), async (deaths, cancels, isGuarded) => {
        const folder = await mkdtemp(join(tmpdir(), "anywhere-"));
        const store = await openStore({ url: join(folder, "jobs.db"), clock: systemClock });
        const host = new MadeUpHost(isGuarded);
        try {
          const before = live(store, host, Infinity, true);
          const answers = await Promise.all(
            [caller, bob, caller].map((who) =>
              before.engine.submit([{ script: "#!/bin/sh\n" }, { command: ["true"] }], who),
            ),
          );
          const ids = answers.flat().map((answer) => ("job" in answer ? (answer.job?.id ?? "") : ""));
          await before.engine[Symbol.asyncDispose]();
          for (const { steps, outlives } of deaths) {
            const { engine, process } = live(store, host, steps, outlives && isGuarded);
            engine.start();
            const timeout = AbortSignal.timeout(250);
            await Promise.race([process.died, systemClock.sleep(250, timeout)]);
            // Whoever has not died by itself dies now.
            process.kill();
            if (cancels) await store.requestCancel(ids[0] ?? "");
          }
          const last = live(store, host, Infinity, true);
          last.engine.start();
          await expect
            .poll(async () => (await store.getAll(ids)).map(({ state }) => state), { timeout: 10_000, interval: 10 })
            .toEqual(ids.map((_, at) => (cancels && at === 0 ? "cancelled" : "pending")));
          await last.engine[Symbol.asyncDispose]();
          const given = ids.map((id) => host.taken.filter((taken) => taken === id).length);
          // A job whose end was asked for before a scheduler had it never gets there.
          expect(cancels ? given.slice(1) : given).toEqual((cancels ? ids.slice(1) : ids).map(() => 1));
          expect(given[0]).toBeLessThanOrEqual(1);
          // One that a scheduler has counts as cancelled only once that has been told.
          const goesOn = cancels && given[0] === 1 && !host.ended.has(ids[0] ?? "");
          expect(goesOn).toBe(false);
        } finally {
          await store[Symbol.asyncDispose]();
          await rm(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 40 },
    );
  },
);
