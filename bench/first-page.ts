import { inMs, type Comparison } from "./comparison.ts";
import { BenchGateway } from "./gateway.ts";
import { interleave } from "./interleave.ts";
import { medianOf } from "./status.ts";

const sizes = [10_000, 50_000];
/** Slurm lists an array's tasks one by one with `--array`, and takes them by one request. */
const largestArray = 10_000;

/** The first hundred jobs of very many, against a look at as many in the queue. */
export async function firstPage(rounds: number): Promise<readonly Comparison[]> {
  await using gateway = await BenchGateway.open({ keepsJobs: true });
  const comparisons: Comparison[] = [];
  let jobs = 0;
  for (const size of sizes) {
    await gateway.accept(size - jobs);
    for (; jobs < size; jobs += largestArray) {
      const array = `--array=1-${largestArray}`;
      await gateway.slurm(["sbatch", "--hold", array, "--output=/dev/null", "--wrap=true"]);
    }
    const [ours, against] = await interleave(
      [
        {
          name: "GET /v1/jobs?limit=100",
          run: () => medianOf(20, () => gateway.client.get("/v1/jobs?limit=100")),
        },
        { name: "squeue -h -r", run: async () => void (await gateway.slurm(["squeue", "--noheader", "--array"])) },
      ],
      rounds,
    );
    if (ours === undefined || against === undefined) throw new Error("a contender is missing");
    const what = `first page (100) of ${size.toLocaleString("en")} jobs`;
    comparisons.push({ what, ours: inMs(ours), against: inMs(against), budget: { atMost: 0.1 } });
  }
  return comparisons;
}
