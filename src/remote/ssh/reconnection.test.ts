import { expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import type { Clock } from "../../jobs/clock.ts";
import { Reconnection } from "./reconnection.ts";

const never = new AbortController().signal;

function open(random = 1): { readonly reconnection: Reconnection; readonly time: { now: number; slept: number[] } } {
  const time = { now: 1_000_000, slept: [] as number[] };
  const clock: Clock = {
    now: () => time.now,
    async sleep(milliseconds) {
      time.slept.push(milliseconds);
      time.now += milliseconds;
    },
  };
  return { reconnection: new Reconnection({ clock, random: () => random }), time };
}

const away = new SluiceError("CLUSTER_UNREACHABLE", "away", { details: { reason: "no-route", mayHaveRun: true } });

test("the first attempt is made at once, the second soon, each later one twice as late, up to a minute", async () => {
  const { reconnection, time } = open();
  await reconnection.turn(never);
  expect(time.slept).toEqual([]);
  const waits: number[] = [];
  for (let failure = 0; failure < 12; failure++) {
    reconnection.failed(away);
    const error: unknown = await reconnection.turn(never).catch((caught: unknown) => caught);
    const wait = error instanceof SluiceError ? Number(error.details["retryAfterMs"]) : (time.slept.at(-1) ?? 0);
    waits.push(wait);
    time.now += 60_000;
  }
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
});

test("a turn that is far off is answered with the last failure, which says when; no turn is missed by asking", async () => {
  const { reconnection, time } = open();
  for (let failure = 0; failure < 5; failure++) reconnection.failed(away);
  for (const seconds of [4, 3]) {
    await expect(reconnection.turn(never)).rejects.toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      message: `away (tried again in ${seconds} s)`,
      details: { reason: "no-route", mayHaveRun: false },
    });
    time.now += 1_000;
  }
  await reconnection.turn(never);
  expect(time.slept).toEqual([2_000]);
});

test("a host that refused the login is not knocked at again for a while", async () => {
  const { reconnection, time } = open();
  reconnection.failed(new SluiceError("CLUSTER_UNREACHABLE", "no", { details: { reason: "login-refused" } }));
  await expect(reconnection.turn(never)).rejects.toMatchObject({ details: { retryAfterMs: 15_000 } });
  time.now += 15_000;
  await reconnection.turn(never);
});

test("chance takes up to half of a wait away", async () => {
  const { reconnection, time } = open(0);
  reconnection.failed(away);
  await reconnection.turn(never);
  expect(time.slept).toEqual([125]);
});

test("a connection that lived makes the next wait short again; one that did not does not", async () => {
  const { reconnection, time } = open();
  for (const [lived, wait] of [
    [100, 250],
    [100, 500],
    [100, 1000],
    [20_000, 250],
  ] as const) {
    reconnection.opened();
    time.now += lived;
    reconnection.lost(away);
    await reconnection.turn(never);
    expect(time.slept.at(-1)).toBe(wait);
  }
});
