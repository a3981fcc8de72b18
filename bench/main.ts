// `npm run bench`: measures what `docs/performance.md` promises, prints the table and writes it there.
//   npm run bench [-- --runs=N]
import { parseArgs } from "node:util";
import { clusterStart } from "./cluster-start.ts";
import { coldStart } from "./cold-start.ts";
import { ratioOf, toTable, type Comparison } from "./comparison.ts";
import { firstJob } from "./first-job.ts";
import { machineShape, writePage } from "./page.ts";

/** Fewer alternating runs than this say too little to be written down. */
const leastRuns = 10;

const { values } = parseArgs({ options: { runs: { type: "string", default: String(leastRuns + 1) } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1)
  throw new RangeError(`--runs takes a whole number from 1 on, not "${values.runs}"`);

const comparisons: Comparison[] = [];
for (const measure of [coldStart, clusterStart, firstJob]) {
  console.error(`» ${measure.name}: ${runs} alternating runs`);
  comparisons.push(...(await measure(runs)));
}

const table = toTable(comparisons);
console.log(table);
if (runs >= leastRuns) {
  const command = values.runs === String(leastRuns + 1) ? "npm run bench" : `npm run bench -- --runs=${runs}`;
  writePage(`\`${command}\` on ${await machineShape()}:\n\n${table}`);
  console.error("» wrote docs/performance.md");
} else {
  console.error(`» fewer than ${leastRuns} runs: docs/performance.md is left as it was`);
}
for (const comparison of comparisons) {
  if (comparison.budget !== undefined && ratioOf(comparison) > comparison.budget) {
    console.error(`» over its budget: ${comparison.what}`);
    process.exitCode = 1;
  }
}
