import { inMs, type Comparison } from "./comparison.ts";
import { BenchGateway, heldJob } from "./gateway.ts";
import { interleave } from "./interleave.ts";
import { Watchers } from "./watchers.ts";

const many = 2_000;
const mostRounds = 5;
const events = 40;
/** How far apart events are, in milliseconds, so that each is told of by itself. */
const apart = 100;

/** How long an event takes from the store to each of very many subscribers. */
export async function eventDelay(rounds: number): Promise<readonly Comparison[]> {
  await using gateway = await BenchGateway.open({ keepsJobs: true });
  await using watchers = await Watchers.open(gateway, many);
  const [ours] = await interleave(
    [
      {
        name: "p99",
        run: async () => {
          for (let count = 0; count < events; count += 1) {
            await gateway.client.post("/v1/jobs", heldJob(`event ${count}`));
            await new Promise((resolve) => setTimeout(resolve, apart));
          }
          const { events: heard, p99 } = await watchers.heard();
          if (heard < events * many) throw new Error(`${heard} events came of ${events * many}`);
          return p99;
        },
      },
    ],
    Math.min(rounds, mostRounds),
  );
  if (ours === undefined) throw new Error("a contender is missing");
  const what = `an event, from the store to ${many.toLocaleString("en")} subscribers, p99`;
  return [{ what, ours: inMs(ours), budget: { atMost: 50 } }];
}
