import type { SluiceError } from "../errors.ts";
import type { Cluster } from "../jobs/cluster.ts";

/**
 * A cluster that may be stopped, started again and destroyed while somebody uses it. Slurm's commands wait a minute for a
 * configuration that is gone, and know no better than of a controller that is away; here its absence is told at once, with
 * what helps. Files of its jobs are read all the same, as long as they are there.
 */
export function vanishingCluster(cluster: Cluster, absence: () => SluiceError | undefined): Cluster {
  const present = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    const before = absence();
    if (before !== undefined) throw before;
    try {
      return await ask();
    } catch (error) {
      throw absence() ?? error;
    }
  };
  return {
    ...cluster,
    submit: (...asked) => present(() => cluster.submit(...asked)),
    async submitAll(requests, signal) {
      const error = absence();
      return error === undefined ? cluster.submitAll(requests, signal) : requests.map(() => ({ error }));
    },
    find: (...asked) => present(() => cluster.find(...asked)),
    observe: (...asked) => present(() => cluster.observe(...asked)),
    queue: (...asked) => present(() => cluster.queue(...asked)),
    ...(cluster.queueOf && { queueOf: (...asked) => present(async () => (await cluster.queueOf?.(...asked)) ?? []) }),
    settle: (...asked) => present(() => cluster.settle(...asked)),
    control: (...asked) => present(() => cluster.control(...asked)),
    signalJob: (...asked) => present(() => cluster.signalJob(...asked)),
    change: (...asked) => present(() => cluster.change(...asked)),
    test: (...asked) => present(() => cluster.test(...asked)),
    budget: (...asked) => present(() => cluster.budget(...asked)),
    inventory: (...asked) => present(() => cluster.inventory(...asked)),
    cancel: (...asked) => present(() => cluster.cancel(...asked)),
  };
}
