import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { halves, leftOut } from "./left-out.ts";

const folder = import.meta.dirname;

/** The items that tests are called after: `test("item 7: …` and `test.each(…)("item 7: …`. */
function testedItems(): ReadonlySet<number> {
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith(".slurm.test.ts"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  expect(sources.length).toBeGreaterThan(0);
  const titles = sources.flatMap((source) => [...source.matchAll(/(?:\btest|\))\(\s*["`]item (\d+): \S/g)]);
  return new Set(titles.map((title) => Number(title[1])));
}

test("every item from 1 to 76 has a test called after it, or a reason why not", () => {
  const tested = testedItems();
  const items = Array.from({ length: 76 }, (_, i) => i + 1);
  expect(items.filter((item) => !tested.has(item) && leftOut[item] === undefined)).toEqual([]);
  expect(items.filter((item) => tested.has(item) && leftOut[item] !== undefined)).toEqual([]);
  expect([...tested].filter((item) => !items.includes(item))).toEqual([]);
});

test("what is tested by half is tested", () => {
  const tested = testedItems();
  expect(Object.keys(halves).filter((item) => !tested.has(Number(item)))).toEqual([]);
});
