/**
 * What surrounds Slurm's programs when Sluice runs them. Their output follows the caller's time zone, locale and some
 * fifty variables (squeue(1), sacct(1), sinfo(1), scontrol(1), scancel(1) and sbatch(1), ENVIRONMENT VARIABLES); here all
 * of that is pinned. A variable that one release does not know does no harm there, so one list serves 22.05 to 26.05.
 */
type CommandEnvironment = Readonly<Record<string, string | undefined>>;

function without(...names: readonly string[]): CommandEnvironment {
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

function prefixed(prefix: string, words: string): readonly string[] {
  return words.split(" ").map((word) => `${prefix}_${word}`);
}

/** A connection is one cluster: the one of its slurm.conf. These would send a command to another one. */
const otherClusters = ["SLURM_CLUSTERS", "SBATCH_CLUSTERS", "SBATCH_CLUSTER_CONSTRAINT"];

/** Each of these chooses rows, columns, order or notation. SLURM_JSON and SLURM_YAML are known from 23.11 on. */
const readerVariables = [
  ...prefixed(
    "SQUEUE",
    "ACCOUNT ALL ARRAY ARRAY_UNIQUE EXPAND_PATTERNS FEDERATION FORMAT FORMAT2 LICENSES LOCAL NAMES ONLY_JOB_STATE PARTITION PRIORITY QOS RESERVATION SIB SIBLING SORT STATES USERS",
  ),
  ...prefixed("SACCT", "EXPAND_PATTERNS FEDERATION FORMAT LOCAL"),
  ...prefixed("SINFO", "ALL FEDERATION FORMAT FORMAT2 LOCAL PARTITION SORT"),
  ...prefixed("SCONTROL", "ALL EXPAND_PATTERNS FEDERATION FUTURE LOCAL SIB SIBLING"),
  ...prefixed(
    "SCANCEL",
    "ACCOUNT ADMIN_COMMENT BATCH CTLD FULL HURRY INTERACTIVE NAME PARTITION QOS STATE USER VERBOSE WCKEY",
  ),
  "SLURM_JSON",
  "SLURM_YAML",
];

/**
 * For every command but sbatch. Times are UTC. Messages are Slurm's own English. Names in other scripts pass through
 * `LC_ALL=C` byte for byte, since no column has a width. Lists of array tasks come whole: without SLURM_BITSTR_LEN they
 * are cut at 64 characters. Our own cluster's answer alone counts.
 */
export const readerEnvironment: CommandEnvironment = {
  ...without(...otherClusters, ...readerVariables),
  TZ: "UTC",
  LC_ALL: "C",
  SLURM_TIME_FORMAT: "standard",
  SLURM_BITSTR_LEN: "0",
};

/**
 * Variables that describe the job in which Sluice itself may be running. sbatch hands its environment on, and 22.05
 * leaves the following in the new job: an `srun` there then starts the outer job's number of tasks, or refuses because
 * SLURM_MEM_PER_CPU and SLURM_MEM_PER_NODE are both set. SLURM_CONF, SLURM_JWT, SLURM_UMASK, SLURM_HINT and any variable of the user's
 * own making stay.
 */
const outerJob = [
  ...prefixed(
    "SLURM",
    "ARRAY_JOB_ID ARRAY_TASK_COUNT ARRAY_TASK_ID ARRAY_TASK_MAX ARRAY_TASK_MIN ARRAY_TASK_STEP BATCH_FLAG CLUSTER_NAME CPUS_ON_NODE CPUS_PER_GPU CPUS_PER_TASK CPU_BIND CPU_BIND_LIST CPU_BIND_TYPE CPU_BIND_VERBOSE CPU_FREQ_REQ DISTRIBUTION DIST_PLANESIZE GPUS GPUS_ON_NODE GPUS_PER_NODE GPUS_PER_SOCKET GPUS_PER_TASK GPU_BIND GPU_FREQ GTIDS HET_SIZE",
  ),
  ...prefixed(
    "SLURM_JOB",
    "ACCOUNT CPUS_PER_NODE END_TIME GID GPUS GROUP ID LICENSES NAME NODELIST NUM_NODES PARTITION QOS RESERVATION SEGMENT_SIZE START_TIME UID USER",
  ),
  ...prefixed(
    "SLURM",
    "JOBID LAUNCH_NODE_IPADDR LOCALID MEM_BIND MEM_BIND_LIST MEM_BIND_PREFER MEM_BIND_SORT MEM_BIND_TYPE MEM_BIND_VERBOSE MEM_PER_CPU MEM_PER_GPU MEM_PER_NODE MPI_TYPE NNODES NODEID NODELIST NODE_ALIASES NPROCS NTASKS NTASKS_PER_CORE NTASKS_PER_GPU NTASKS_PER_NODE NTASKS_PER_SOCKET NTASKS_PER_TRES OOM_KILL_STEP OVERCOMMIT PRIO_PROCESS PROCID PROFILE PTY_PORT PTY_WIN_COL PTY_WIN_ROW RESTART_COUNT SHARDS_ON_NODE SRUN_COMM_HOST SRUN_COMM_PORT STEPID STEP_GPUS STEP_ID STEP_LAUNCHER_PORT STEP_NODELIST STEP_NUM_NODES STEP_NUM_TASKS STEP_RESV_PORTS STEP_TASKS_PER_NODE SUBMIT_DIR SUBMIT_HOST TASKS_PER_NODE TASK_PID THREADS_PER_CORE TOPOLOGY_ADDR TOPOLOGY_ADDR_PATTERN TRES_BIND TRES_PER_TASK WORKING_CLUSTER",
  ),
  "SLURMD_NODENAME",
];

/**
 * For sbatch. The user's `SBATCH_*` variables stay: sbatch ranks them between the command line and the script. Time zone
 * and locale stay too, since the job inherits them and `--begin` is read in them. What goes: other clusters, the outer
 * job, SBATCH_WAIT (sbatch would not come back before the job's end), and SLURM_EXIT_ERROR, which hides failure.
 */
export const submitEnvironment: CommandEnvironment = without(
  ...otherClusters,
  ...outerJob,
  "SBATCH_WAIT",
  "SLURM_EXIT_ERROR",
);
