import { createInterface } from "node:readline";
import { systemClock } from "../src/jobs/clock.ts";
import { newJob } from "../src/jobs/store-fixture.contract.ts";
import { openStore } from "../src/store/registry.ts";

/**
 * A process that writes to the store of its argument until it is killed: it says `ready`, begins at the first line of its input and
 * prints the id of each job once its acceptance has been answered.
 */
const [url = ""] = process.argv.slice(2);
const input = createInterface({ input: process.stdin });
// Loaded before, so that a short life is one of writing.
await Promise.all([import("../src/store/sqlite/sqlite-store.ts"), import("../src/store/postgres/postgres-store.ts")]);
process.stdout.write("ready\n");
await new Promise<void>((resolve) => input.once("line", () => resolve()));

await using store = await openStore({ url, clock: systemClock });
const lease = await store.acquireLease("alpha", `process ${process.pid}`, 60_000);
if (lease === undefined) throw new Error("the lease is taken");
for (let round = 0; ; round++) {
  const asked = Array.from({ length: 1 + (round % 7) }, (_, index) =>
    newJob({ labels: { round: `${round}` }, idempotency: { key: `${process.pid}-${round}-${index}`, hash: "1" } }),
  );
  await store.accept(asked);
  process.stdout.write(asked.map(({ id }) => `${id}\n`).join(""));
  await store.moveAll(asked.map(({ id }) => ({ jobId: id, version: 1, to: "submitting", fence: lease })));
  await store.recordSubmitted(
    asked.map(({ id }, index) => ({ jobId: id, nativeId: `${round}${index}`, directory: `/jobs/${id}` })),
    lease,
  );
  await store.applySightings(
    asked.map(({ id }, index) => ({
      jobId: id,
      job: { state: "running", rawState: "RUNNING", nodes: "n1" },
      tasks: [{ nativeId: `${round}${index}_1`, state: "running", rawState: "RUNNING" }],
    })),
    lease,
  );
}
