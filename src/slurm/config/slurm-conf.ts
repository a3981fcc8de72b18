import type { ClusterPlan, PlannedNode, PlannedPartition } from "../../schema/cluster-plan.ts";
import { listedPath, setting, valueError } from "./conf-value.ts";
import { header } from "./header.ts";

/**
 * slurm.conf(5) for a test cluster. Only what differs from Slurm's own defaults is written, with the reason beside it.
 * Throws `CONFIG_INVALID` for a value that the file cannot hold.
 */
export function writeSlurmConf(plan: ClusterPlan): string {
  const sections = [
    header(plan.name, "slurm.conf(5)"),
    controllerLines(plan),
    authLines(plan),
    pathLines(plan),
    executionLines(plan),
    schedulingLines(plan),
    timeoutLines,
    accountingLines(plan),
    plan.nodes.map(nodeLine),
    plan.partitions.map(partitionLine),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function controllerLines({ name, controller, users }: ClusterPlan): readonly string[] {
  return [
    setting("ClusterName", name),
    setting("SlurmctldHost", `${controller.hostname}(${controller.address})`),
    `SlurmctldPort=${controller.port}`,
    ...(controller.address.startsWith("127.")
      ? [
          "# Every daemon and command listens on loopback alone, not on all of the host's addresses.",
          "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny",
        ]
      : []),
    setting("SlurmUser", users.slurm),
    setting("SlurmdUser", users.slurmd),
  ];
}

function authLines({ auth, jwtKey }: ClusterPlan): readonly string[] {
  const lines =
    auth.type === "munge"
      ? [
          "AuthType=auth/munge",
          "CredType=cred/munge",
          setting("AuthInfo", `socket=${optionPath("AuthInfo", auth.socket)}`),
        ]
      : [
          "# Nobody proves who they are: for one ordinary user on one host.",
          "AuthType=auth/none",
          "CredType=cred/none",
        ];
  return jwtKey === undefined
    ? lines
    : [
        ...lines,
        "AuthAltTypes=auth/jwt",
        setting("AuthAltParameters", `jwt_key=${optionPath("AuthAltParameters", jwtKey)}`),
      ];
}

function pathLines({ paths, pyxis }: ClusterPlan): readonly string[] {
  return [
    setting("StateSaveLocation", paths.state),
    setting("SlurmctldLogFile", paths.slurmctldLog),
    setting("SlurmctldPidFile", paths.slurmctldPid),
    "# %n is the node's name.",
    setting("SlurmdSpoolDir", nodePath("SlurmdSpoolDir", paths.slurmdSpool)),
    setting("SlurmdLogFile", nodePath("SlurmdLogFile", paths.slurmdLog)),
    setting("SlurmdPidFile", nodePath("SlurmdPidFile", paths.slurmdPid)),
    ...(pyxis === undefined || paths.plugstack === undefined ? [] : [setting("PlugStackConfig", paths.plugstack)]),
  ];
}

function executionLines({ accounting, nodes }: ClusterPlan): readonly string[] {
  const hasGpus = nodes.some((node) => node.gpus !== undefined);
  return [
    "# linuxproc finds a job's processes by descent, those that called setsid too, and needs no cgroup.",
    "ProctrackType=proctrack/linuxproc",
    ...(accounting === undefined ? [] : ["JobAcctGatherType=jobacct_gather/linux"]),
    "MailProg=/bin/true",
    "# A limit of the submitting shell that slurmd may not set would put a complaint into the job's output.",
    "PropagateResourceLimits=NONE",
    "# Nodes may have more CPUs and memory than the host.",
    "SlurmdParameters=config_overrides",
    ...(hasGpus ? ["GresTypes=gpu"] : []),
  ];
}

function schedulingLines({ nodes, switches }: ClusterPlan): readonly string[] {
  return [
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_CPU_Memory",
    "# Without it the first job takes all of a node's memory and the next one waits.",
    `DefMemPerCPU=${defaultMemoryPerCpuMb(nodes)}`,
    "# A batch job is looked at within a second of its submission, not within three to sixty.",
    "SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1",
    "MaxJobCount=50000",
    "MaxArraySize=10001",
    ...(switches === undefined
      ? []
      : ["# The switches stand in topology.conf, beside this file.", "TopologyPlugin=topology/tree"]),
  ];
}

const timeoutLines = [
  "# A killed slurmd is DOWN some 15 seconds after this time, and comes back by itself when it is started again.",
  "SlurmdTimeout=30",
  "ReturnToService=2",
  "# Seconds between SIGTERM and SIGKILL.",
  "KillWait=5",
] as const;

function accountingLines({ accounting, auth, nodes }: ClusterPlan): readonly string[] {
  if (accounting === undefined) return [];
  return [
    "AccountingStorageType=accounting_storage/slurmdbd",
    setting("AccountingStorageHost", accounting.host),
    `AccountingStoragePort=${accounting.port}`,
    ...(auth.type === "munge"
      ? [
          "# The munge socket: to slurmdbd, AuthInfo alone does not say it.",
          setting("AccountingStoragePass", auth.socket),
        ]
      : []),
    ...(nodes.some((node) => node.gpus !== undefined) ? ["AccountingStorageTRES=gres/gpu"] : []),
  ];
}

function nodeLine({ name, hostname, address, port, cpus, memoryMb, gpus, features }: PlannedNode): string {
  return [
    `NodeName=${name}`,
    setting("NodeHostname", hostname),
    setting("NodeAddr", address),
    `Port=${port}`,
    `CPUs=${cpus}`,
    `RealMemory=${memoryMb}`,
    ...(gpus === undefined ? [] : [`Gres=gpu:${gpus.type}:${gpus.devices.length}`]),
    ...(features.length === 0 ? [] : [`Feature=${features.join(",")}`]),
    "State=UNKNOWN",
  ].join(" ");
}

function partitionLine({ name, nodes, isDefault, maxTime }: PlannedPartition): string {
  return [
    `PartitionName=${name}`,
    `Nodes=${nodes.join(",")}`,
    ...(isDefault ? ["Default=YES"] : []),
    setting("MaxTime", maxTime ?? "INFINITE"),
    "State=UP",
  ].join(" ");
}

/** MB; small enough that a job on all CPUs of any node fits into that node's memory. */
function defaultMemoryPerCpuMb(nodes: readonly PlannedNode[]): number {
  return Math.max(1, Math.min(...nodes.map((node) => Math.floor(node.memoryMb / node.cpus))));
}

/** A path inside a comma-separated list of options. */
function optionPath(key: string, path: string): string {
  return listedPath(key, path, /,/);
}

/** A path in which Slurm puts the node's name for `%n` and the host's for `%h`, and which has no way to mean either plainly. */
function nodePath(key: string, path: string): string {
  if (path.includes("%h") || path.split("%n").length > 2) {
    throw valueError(key, path, "Slurm replaces %h and %n in it");
  }
  return path;
}
