/** Which cluster takes a job that names none. */
export interface DefaultCluster {
  /** Absent where that would be a guess. */
  readonly name?: string;
  /** For people. */
  readonly because: string;
}

/** What it is chosen from. */
export interface DefaultSources {
  /** `SLURM_TEST_CLUSTER` */
  readonly testCluster: string | undefined;
  /** The nearest test cluster upwards of the folder that one stands in. */
  readonly nearest: string | undefined;
  /** The `sluice.yaml` that counts there. */
  settings():
    | { readonly path: string; readonly default?: string | undefined; readonly names: readonly string[] }
    | undefined;
  /** The name of a Slurm that is installed on this host. */
  localSlurm(): Promise<string | undefined>;
  /** The names of all clusters. */
  all(): Promise<readonly string[]>;
}

/** The first of these that says it: the environment, the folder, the settings, this host, and there being one alone. */
export async function chooseDefault(sources: DefaultSources): Promise<DefaultCluster> {
  const { testCluster, nearest } = sources;
  if (testCluster !== undefined) return { name: testCluster, because: "SLURM_TEST_CLUSTER names it" };
  if (nearest !== undefined)
    return { name: nearest, because: "it is the nearest test cluster, in this folder or above it" };
  const settings = sources.settings();
  if (settings !== undefined) {
    if (settings.default !== undefined)
      return { name: settings.default, because: `it is the default of ${settings.path}` };
    return onlyOne(settings.names, settings.path);
  }
  const local = await sources.localSlurm();
  if (local !== undefined) return { name: local, because: "Slurm is installed on this host" };
  return onlyOne(await sources.all(), "this user");
}

function onlyOne(names: readonly string[], whose: string): DefaultCluster {
  const [name] = names;
  if (name === undefined) return { because: `${whose} has no cluster` };
  if (names.length === 1) return { name, because: `it is the only cluster of ${whose}` };
  return { because: `${whose} has ${names.length} clusters and no default: name one` };
}
