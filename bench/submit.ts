import { best, perSecond, type Comparison } from "./comparison.ts";
import { BenchGateway } from "./gateway.ts";
import { interleave, type Contender } from "./interleave.ts";
import { rawSbatch } from "./raw-sbatch.ts";

const count = 400;

/** The engine's way from a request to slurmctld: accepted in one batch, until the last has its native id. */
export function engineSubmits(gateway: BenchGateway): Contender {
  return {
    name: "sluice",
    run: async () => {
      await gateway.accept(count);
      await gateway.until("accepted,submitting");
    },
    after: () => gateway.clear(),
  };
}

export function loops(gateway: BenchGateway, parallel: number): Contender {
  const name = parallel === 1 ? "sbatch, one by one" : `sbatch, ${parallel} loops`;
  return { name, run: () => rawSbatch(gateway.cluster, count, parallel), after: () => gateway.clear() };
}

/** How many jobs a second reach slurmctld through the engine on its host, against the best number of `sbatch` loops at once. */
export async function submit(rounds: number): Promise<readonly Comparison[]> {
  await using gateway = await BenchGateway.open();
  const contenders = [engineSubmits(gateway), ...[2, 4, 8].map((parallel) => loops(gateway, parallel))];
  const [ours, first, ...others] = (await interleave(contenders, rounds)).map((timing) => perSecond(timing, count));
  if (ours === undefined || first === undefined) throw new Error("a contender is missing");
  const what = "jobs submitted to slurmctld, on its host";
  return [{ what, ours, against: best(first, ...others), budget: { atLeast: 1 } }];
}
