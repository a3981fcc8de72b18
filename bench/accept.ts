import { perSecond, type Comparison } from "./comparison.ts";
import { BenchGateway, heldJob } from "./gateway.ts";
import { HttpClient } from "./http-client.ts";
import { interleave } from "./interleave.ts";
import { rawSbatch } from "./raw-sbatch.ts";

const connections = 32;
const [accepted, submitted] = [1_000, 100];

/** How many jobs a second are stored for good over HTTP, each a request of its own, against `sbatch` one after another. */
export async function accept(rounds: number): Promise<readonly Comparison[]> {
  await using gateway = await BenchGateway.open({ keepsJobs: true });
  const client = new HttpClient(gateway.url, gateway.token, connections);
  try {
    const [ours, against] = await interleave(
      [
        {
          name: "POST /v1/jobs",
          run: async () => {
            let next = 0;
            const send = async (): Promise<void> => {
              while ((next += 1) <= accepted) await client.post("/v1/jobs", heldJob(`job ${next}`));
            };
            await Promise.all(Array.from({ length: connections }, send));
          },
        },
        { name: "sbatch, one by one", run: () => rawSbatch(gateway.cluster, submitted) },
      ],
      rounds,
    );
    if (ours === undefined || against === undefined) throw new Error("a contender is missing");
    return [
      {
        what: `jobs accepted durably over HTTP, ${connections} connections`,
        ours: perSecond(ours, accepted),
        against: perSecond(against, submitted),
        budget: { atLeast: 10 },
      },
    ];
  } finally {
    client.close();
  }
}
