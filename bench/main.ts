// `npm run bench`: measures what `docs/performance.md` promises, prints the table and writes it there.
//   npm run bench [-- [ROW...] [--runs=N]]
// With the names of rows only those are measured, and the page is left as it is.
import { parseArgs } from "node:util";
import { accept } from "./accept.ts";
import { bundling } from "./bundling.ts";
import { clusterStart } from "./cluster-start.ts";
import { coldStart } from "./cold-start.ts";
import { isWithinBudget, toTable, type Comparison } from "./comparison.ts";
import { eventDelay } from "./event-delay.ts";
import { firstJob } from "./first-job.ts";
import { firstPage } from "./first-page.ts";
import { importPackage } from "./import-package.ts";
import { machineShape, writePage } from "./page.ts";
import { status } from "./status.ts";
import { submitOverSsh } from "./submit-over-ssh.ts";
import { submit } from "./submit.ts";
import { taskFunctions } from "./task-functions.ts";
import { topology } from "./topology.ts";
import { watchedCluster } from "./watched-cluster.ts";

const rows: Readonly<Record<string, (rounds: number) => Promise<readonly Comparison[]>>> = {
  "cold-start": coldStart,
  "cluster-start": clusterStart,
  "first-job": firstJob,
  import: importPackage,
  bundling,
  "task-functions": taskFunctions,
  accept,
  submit,
  "submit-over-ssh": submitOverSsh,
  status,
  "first-page": firstPage,
  "watched-cluster": watchedCluster,
  "event-delay": eventDelay,
  topology,
};

/** Fewer alternating runs than this say too little to be written down. */
const leastRuns = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string", default: String(leastRuns + 1) } },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1)
  throw new RangeError(`--runs takes a whole number from 1 on, not "${values.runs}"`);
const names = Object.keys(rows);
for (const name of positionals) {
  if (!names.includes(name)) throw new RangeError(`there is no row "${name}"; there are ${names.join(", ")}`);
}

const comparisons: Comparison[] = [];
for (const [name, measure] of Object.entries(rows)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.error(`» ${name}: ${runs} alternating runs at most`);
  comparisons.push(...(await measure(runs)));
}

const table = toTable(comparisons);
console.log(table);
if (positionals.length > 0) {
  console.error("» these are some rows of several: docs/performance.md is left as it was");
} else if (runs >= leastRuns) {
  const command = values.runs === String(leastRuns + 1) ? "npm run bench" : `npm run bench -- --runs=${runs}`;
  writePage(`\`${command}\` on ${await machineShape()}:\n\n${table}`);
  console.error("» wrote docs/performance.md");
} else {
  console.error(`» fewer than ${leastRuns} runs: docs/performance.md is left as it was`);
}
for (const comparison of comparisons) {
  if (isWithinBudget(comparison)) continue;
  console.error(`» not within its budget: ${comparison.what}`);
  process.exitCode = 1;
}
