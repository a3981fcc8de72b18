import { SluiceError } from "../errors.ts";
import type { Cluster } from "./cluster.ts";

/** A test cluster that Sluice made. */
export interface TestClusterLocation {
  readonly name: string;
  /** Its own folder; the folders of jobs go below it. */
  readonly directory: string;
  readonly slurmConf: string;
  readonly running: boolean;
}

/** What a cluster is chosen from; `assemble.ts` hands it in. */
export interface ClusterSources {
  /** With a name: the test cluster of that name, wherever it is. Without: the nearest one upwards of the folder. */
  locateTestCluster(request: {
    readonly name?: string;
    readonly cwd: string;
  }): Promise<TestClusterLocation | undefined>;
  /** Clusters of `sluice.yaml`, and the one that stands there for "any". */
  configured(name: string | undefined, cwd: string): Promise<Cluster | undefined>;
  testCluster(location: TestClusterLocation): Cluster;
  /** A Slurm whose programs and configuration are on this host; `undefined` where there is none. */
  localSlurm(): Promise<Cluster | undefined>;
  process(): Cluster;
}

export interface ClusterChoice {
  readonly cluster: Cluster;
  /** Why this one, for people: `--cluster`, `SLURM_TEST_CLUSTER`, … */
  readonly because: string;
}

/**
 * Which cluster takes a job: the one that is named, else SLURM_TEST_CLUSTER, the nearest test cluster upwards of the folder,
 * `sluice.yaml`, a Slurm found on this host, and at last this machine itself.
 *
 * Throws `CLUSTER_NOT_FOUND`, and `CLUSTER_NOT_RUNNING` for a test cluster that is stopped: a job meant for it is never
 * sent somewhere else.
 */
export async function chooseCluster(
  sources: ClusterSources,
  {
    name,
    testCluster,
    cwd,
  }: { readonly name?: string | undefined; readonly testCluster?: string | undefined; readonly cwd: string },
): Promise<ClusterChoice> {
  if (name !== undefined) return { cluster: await named(sources, name, cwd, "--cluster"), because: "--cluster" };
  if (testCluster !== undefined) {
    return { cluster: await named(sources, testCluster, cwd, "SLURM_TEST_CLUSTER"), because: "SLURM_TEST_CLUSTER" };
  }
  const nearest = await sources.locateTestCluster({ cwd });
  if (nearest !== undefined) {
    return { cluster: running(sources, nearest), because: `the nearest test cluster, ${nearest.directory}` };
  }
  const configured = await sources.configured(undefined, cwd);
  if (configured !== undefined) return { cluster: configured, because: "sluice.yaml" };
  const local = await sources.localSlurm();
  if (local !== undefined) return { cluster: local, because: "Slurm is installed here" };
  return { cluster: sources.process(), because: "no Slurm was found here" };
}

async function named(sources: ClusterSources, name: string, cwd: string, field: string): Promise<Cluster> {
  const location = await sources.locateTestCluster({ name, cwd });
  if (location !== undefined) return running(sources, location);
  const configured = await sources.configured(name, cwd);
  if (configured !== undefined) return configured;
  if (name === "local") {
    const local = await sources.localSlurm();
    if (local !== undefined) return local;
  }
  if (name === "process") return sources.process();
  throw new SluiceError("CLUSTER_NOT_FOUND", `${field}: no cluster "${name}" is known here; try: sluice cluster list`, {
    details: { field, name },
  });
}

function running(sources: ClusterSources, location: TestClusterLocation): Cluster {
  if (location.running) return sources.testCluster(location);
  throw new SluiceError(
    "CLUSTER_NOT_RUNNING",
    `the test cluster "${location.name}" is stopped; start it with: sluice cluster start --name ${location.name}`,
    { details: { name: location.name } },
  );
}
