/** Other names of options, and the one that each stands for. */
export const optionAliases: Readonly<Record<string, string>> = {
  cpus: "cpusPerTask",
  memory: "mem",
  jobName: "name",
  chdir: "cwd",
  tasksPerNode: "ntasksPerNode",
};

/** The one name of several that mean the same. */
export function canonicalName(name: string): string {
  return Object.hasOwn(optionAliases, name) ? (optionAliases[name] ?? name) : name;
}

/** Options that are Sluice's own, and none of sbatch's. */
export const ownOptions = ["env", "cwd", "labels", "packaging", "node", "setup", "srun", "retries"] as const;

/** Options of sbatch that a task cannot have, and what to do instead. */
export const refusedOptions = {
  array: "call .map(items), which makes the array",
  wrap: "give the command to cluster.run",
  wait: "call wait() on the job",
  "test-only": "use a cluster's client to test a job",
  clusters: "open the cluster that is meant, and submit to it",
  "cluster-constraint": "open the cluster that is meant, and submit to it",
  "ignore-pbs": "leave it out: the script of a task has no such lines",
  uid: "leave it out: jobs run as the user whom the cluster knows",
  gid: "leave it out: jobs run as the user whom the cluster knows",
  parsable: "leave it out",
  quiet: "leave it out",
  verbose: "leave it out",
  help: "leave it out",
  usage: "leave it out",
  version: "leave it out",
} as const;

/**
 * Options of which a job has one: what is given for one of a group puts aside what was given before for the others. sbatch
 * refuses them together, or lets the last one count.
 */
export const rivalOptions: readonly (readonly string[])[] = [
  ["mem", "memPerCpu", "memPerGpu"],
  ["coreSpec", "threadSpec"],
  ["cpusPerTask", "cpusPerGpu"],
  ["exclusive", "oversubscribe"],
  ["requeue", "noRequeue"],
  ["nodelist", "nodefile"],
];
