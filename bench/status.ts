import { inMs, type Comparison } from "./comparison.ts";
import { BenchGateway, heldJob } from "./gateway.ts";
import { interleave, median } from "./interleave.ts";

const [requests, commands] = [200, 20];

/** How long one waits to be told of one job: the median of many requests, against that of many `squeue -j`. */
export async function status(rounds: number): Promise<readonly Comparison[]> {
  await using gateway = await BenchGateway.open();
  const { id }: { id: string } = JSON.parse(await gateway.client.post("/v1/jobs", heldJob("job")));
  await gateway.until("accepted,submitting");
  const { nativeId = "" }: { nativeId?: string } = JSON.parse(await gateway.client.get(`/v1/jobs/${id}`));
  const [ours, against] = await interleave(
    [
      { name: "GET /v1/jobs/{id}", run: () => medianOf(requests, () => gateway.client.get(`/v1/jobs/${id}`)) },
      {
        name: "squeue -j ID",
        run: () => medianOf(commands, () => gateway.slurm(["squeue", "--noheader", `--jobs=${nativeId}`])),
      },
    ],
    rounds,
  );
  if (ours === undefined || against === undefined) throw new Error("a contender is missing");
  return [{ what: "status of one job, p50", ours: inMs(ours), against: inMs(against), budget: { atMost: 0.3 } }];
}

/** Milliseconds that one takes, the middle of so many one after another. */
export async function medianOf(count: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return median(times);
}
