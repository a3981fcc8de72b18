import type { SubmitRequest } from "../jobs/cluster.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** These say which cluster is meant and as whom it is asked, which is the cluster's own affair whoever brings a job. */
const ofCluster = ["SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT"];

/**
 * The environment from which a job is submitted, as if who asked for it did that: that one's own where the request carries it,
 * and otherwise the one of the process that submits.
 */
export function submitterEnvironment({ callerEnvironment }: SubmitRequest, environment: Environment): Environment {
  if (callerEnvironment === undefined) return environment;
  return { ...callerEnvironment, ...Object.fromEntries(ofCluster.map((name) => [name, environment[name]])) };
}
