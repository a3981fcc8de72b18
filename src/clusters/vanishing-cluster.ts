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
    submit: (request, signal) => present(() => cluster.submit(request, signal)),
    async submitAll(requests, signal) {
      const error = absence();
      return error === undefined ? cluster.submitAll(requests, signal) : requests.map(() => ({ error }));
    },
    find: (jobId, signal) => present(() => cluster.find(jobId, signal)),
    observe: (job, signal) => present(() => cluster.observe(job, signal)),
    queue: (signal) => present(() => cluster.queue(signal)),
    settle: (jobs, signal) => present(() => cluster.settle(jobs, signal)),
    control: (job, verb, signal) => present(() => cluster.control(job, verb, signal)),
    signalJob: (job, name, signal) => present(() => cluster.signalJob(job, name, signal)),
    change: (job, limits, signal) => present(() => cluster.change(job, limits, signal)),
    test: (request, signal) => present(() => cluster.test(request, signal)),
    budget: (signal) => present(() => cluster.budget(signal)),
    inventory: (signal) => present(() => cluster.inventory(signal)),
    cancel: (job, signal) => present(() => cluster.cancel(job, signal)),
  };
}
