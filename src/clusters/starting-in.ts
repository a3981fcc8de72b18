import type { Cluster, SubmitRequest } from "../jobs/cluster.ts";

/** The same cluster with its own place to start in for jobs that name none. */
export function startingIn(cluster: Cluster, place: string): Cluster {
  const placed = (request: SubmitRequest): SubmitRequest => ({ workDirectory: place, ...request });
  return {
    ...cluster,
    submit: (request, signal) => cluster.submit(placed(request), signal),
    submitAll: (requests, signal) => cluster.submitAll(requests.map(placed), signal),
    test: (request, signal) => cluster.test(placed(request), signal),
  };
}
