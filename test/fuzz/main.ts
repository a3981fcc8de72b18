// `npm run fuzz [-- --seconds N --seed N]`: the fuzzer at length, each time with another seed unless it is told one.
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz-run.ts";

const { values } = parseArgs({ options: { seconds: { type: "string" }, seed: { type: "string" } } });
const seed = Number(values.seed ?? randomInt(2 ** 31));
const seconds = Number(values.seconds ?? 600);
process.stderr.write(
  `» ${seconds} s with the seed ${seed}; again: npm run fuzz -- --seed ${seed} --seconds ${seconds}\n`,
);
const { exitCode, report, mistakes } = await fuzz({ seed, seconds });
process.stdout.write(report);
for (const mistake of mistakes) process.stdout.write(`a mistake in the gateway: ${mistake}\n`);
process.exitCode = exitCode === 0 && mistakes.length === 0 ? 0 : 1;
