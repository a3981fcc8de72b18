import { createInterface } from "node:readline";
import { SluiceError } from "../src/errors.ts";
import { systemClock } from "../src/jobs/clock.ts";
import { newJob } from "../src/jobs/store-fixture.contract.ts";
import { openStore } from "../src/store/registry.ts";

/**
 * Accepts big jobs in the store of its argument until one is refused, and prints the refusal; after a line of input it
 * accepts that one again and prints how many there are.
 */
const [url = ""] = process.argv.slice(2);
const script = "x".repeat(100_000);
await using store = await openStore({ url, clock: systemClock });
for (let jobs = 0; ; jobs++) {
  const job = newJob({ submission: { script, args: [], options: [], environment: {} } });
  try {
    await store.accept([job]);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message })}\n`);
    const input = createInterface({ input: process.stdin });
    await new Promise<void>((resolve) => input.once("line", () => resolve()));
    input.close();
    await store.accept([job]);
    process.stdout.write(`${JSON.stringify({ accepted: jobs + 1 })}\n`);
    break;
  }
}
