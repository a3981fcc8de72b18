import { perSecond, type Comparison, type Figure } from "./comparison.ts";
import { BenchGateway, heldJob } from "./gateway.ts";
import { interleave, median, type Contender } from "./interleave.ts";
import { rawSbatch } from "./raw-sbatch.ts";
import { Watchers } from "./watchers.ts";

const many = 2_000;
const submits = 200;
/** How long requests are counted, in seconds; a job is submitted in each, so that the poller has something to follow. */
const counted = 8;
/** Each round counts for a while, and connects all watchers anew: fewer rounds than elsewhere. */
const mostRounds = 5;

/** What watchers cost: slurmctld requests for lists, and everybody's `sbatch`. */
export async function watchedCluster(rounds: number): Promise<readonly Comparison[]> {
  await using gateway = await BenchGateway.open();
  const few = Math.min(rounds, mostRounds);
  return [await listRequests(gateway, few), await submitRate(gateway, few)];
}

async function listRequests(gateway: BenchGateway, rounds: number): Promise<Comparison> {
  const rates = new Map<number, number[]>([1, many].map((count) => [count, []]));
  const contender = (count: number): Contender => ({
    name: `${count}`,
    run: async () => {
      await using _watchers = await Watchers.open(gateway, count);
      const before = await listsAsked(gateway);
      const began = performance.now();
      for (let second = 1; second <= counted; second += 1) {
        await gateway.client.post("/v1/jobs", heldJob(`second ${second}`));
        await new Promise((resolve) => setTimeout(resolve, began + second * 1_000 - performance.now()));
      }
      const asked = (await listsAsked(gateway)) - before;
      rates.get(count)?.push(asked / ((performance.now() - began) / 1_000));
    },
  });
  await interleave([contender(1), contender(many)], rounds);
  const figure = (count: number): Figure => {
    // The first round is the one that `interleave` does not count.
    const runs = (rates.get(count) ?? []).slice(1);
    return { name: `with ${count} watcher${count === 1 ? "" : "s"}`, runs, median: median(runs), unit: "/s" };
  };
  const what = `list requests at slurmctld, ${many.toLocaleString("en")} watchers`;
  return { what, ours: figure(many), against: figure(1), budget: { atMost: 1.1 } };
}

async function submitRate(gateway: BenchGateway, rounds: number): Promise<Comparison> {
  let watchers: Watchers | undefined;
  const [ours, against] = await interleave(
    [
      {
        name: "with watchers",
        before: async () => void (watchers = await Watchers.open(gateway, many)),
        run: () => rawSbatch(gateway.cluster, submits),
        after: async () => watchers?.[Symbol.asyncDispose](),
      },
      { name: "with none", run: () => rawSbatch(gateway.cluster, submits) },
    ],
    rounds,
  );
  if (ours === undefined || against === undefined) throw new Error("a contender is missing");
  const what = `\`sbatch\` loop beside ${many.toLocaleString("en")} watchers`;
  return { what, ours: perSecond(ours, submits), against: perSecond(against, submits), budget: { atLeast: 0.9 } };
}

/** How often slurmctld was asked for jobs since it began (sdiag(1), "Remote Procedure Call statistics by message type"). */
async function listsAsked(gateway: BenchGateway): Promise<number> {
  const text = await gateway.slurm(["sdiag"]);
  const counts = [...text.matchAll(/^\s*REQUEST_JOB_(?:USER_)?INFO(?:_SINGLE)?\s.*?count:(\d+)/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}
