import type { Capability, Cluster } from "../jobs/cluster.ts";
import type { Runner } from "../jobs/runner.ts";
import type { ClusterSettings } from "./sluice-yaml.ts";

/** What a cluster is opened with, whatever its kind. */
export interface ClusterOpening {
  /** For people. */
  readonly name: string;
  /** Runs commands on the host that the cluster is reached from. */
  readonly runner: Runner;
  /** The environment of those commands. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute path of a folder that the cluster's nodes see, for the folders of jobs. */
  readonly base: string;
  /** Its part of `sluice.yaml`, where it stands there. */
  readonly settings?: ClusterSettings;
}

/** A kind of cluster: one folder here, and one line in the list below. */
export interface ClusterKind {
  readonly kind: string;
  /** Of all its clusters. */
  readonly capabilities: ReadonlySet<Capability>;
  open(opening: ClusterOpening): Cluster;
}
