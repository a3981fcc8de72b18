import { expect, test } from "vitest";
import { fuzz } from "./fuzz-run.ts";

/** One seed for all, so that a run that fails here fails everywhere; `npm run fuzz` takes others, and more time. */
const seed = 20_260_701;
const seconds = 60;

test(`a fuzzer that has read the OpenAPI description finds nothing in ${seconds} s (npm run fuzz -- --seed ${seed})`, async () => {
  const { exitCode, report, mistakes } = await fuzz({ seed, seconds });
  expect(mistakes).toEqual([]);
  // All of the report, so that what was found can be read where this fails.
  expect(exitCode === 0 ? "nothing found" : report).toBe("nothing found");
  expect(report).toMatch(new RegExp(`Seed: ${seed}`));
  // Every operation that ends was asked. How often in that time is the machine's to say.
  expect(report).toMatch(/Tested: *\d\d/);
  const [, selected, all] = /Selected: *(\d+)\/(\d+)/.exec(report) ?? [];
  expect(Number(selected)).toBe(Number(all) - 1);
}, 600_000);
