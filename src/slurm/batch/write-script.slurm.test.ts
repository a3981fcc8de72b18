import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findOption } from "./option-table.ts";
import { openSbatchOracle, type SbatchOracle } from "./sbatch.oracle.ts";
import { toArguments, writeScript } from "./write-script.ts";

let oracle: SbatchOracle;

beforeAll(async () => {
  oracle = await openSbatchOracle();
});
afterAll(async () => {
  await oracle[Symbol.asyncDispose]();
});

const character = fc.constantFrom(..." \t\v'\"\\#:$`(){}[]<>|&;*?!~%=,-ab7é😀".split(/(?:)/u));
const value = fc.string({ unit: character, maxLength: 16 });

test("names and comments that we write are the ones that real sbatch reads", async () => {
  const values = fc.sample(fc.tuple(value, value), { seed: 2205, numRuns: 25 });
  const queue = values.entries();
  const fromScript: unknown[] = [];
  const fromArguments: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const [index, [name, comment]] of queue) {
      const options = [
        { option: findOption("job-name"), value: name },
        { option: findOption("comment"), value: comment },
      ];
      const script = writeScript({ interpreter: "/bin/sh", components: [options], body: "true\n" });
      fromScript[index] = await oracle.submit(script);
      fromArguments[index] = await oracle.submit("#!/bin/sh\ntrue\n", toArguments(options));
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  const wanted = values.map(([name, comment]) => ({ records: [{ name, comment }] }));
  expect(fromScript).toMatchObject(wanted);
  expect(fromArguments).toMatchObject(wanted);
});
