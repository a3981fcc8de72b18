/** How a test cluster is reached; `Cluster.fromConfig` takes it. */
export interface TestClusterConfig {
  /** Its name in the registry of test clusters below `home`. */
  readonly testCluster: string;
  readonly home: string;
  readonly hostname: "localhost";
  /** Where its sshd listens; absent where the cluster has none. */
  readonly port?: number;
  readonly username: string;
  /** The private key that its sshd lets in. */
  readonly identityFile?: string;
  /** What Slurm's own programs want in SLURM_CONF. */
  readonly slurmConf: string;
  /** `http://localhost:5000`; absent where the cluster has no registry of images. */
  readonly registry?: string;
}
