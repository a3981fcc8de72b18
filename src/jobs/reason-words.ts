/** Why a job waits, in words, by Slurm's reason code: squeue(1), JOB REASON CODES, and slurm.h of 22.05 to 26.05. */
const words: Readonly<Record<string, string>> = {
  ClusterGone: "its cluster was destroyed, so how it ended cannot be known",
  NeverBegan: "it left the queue without having begun, as a task does that is cancelled while it waits",
  None: "the scheduler has not looked at it yet",
  Priority: "jobs of higher priority are ahead of it",
  Resources: "waiting for nodes, CPUs, memory or GPUs to become free",
  Dependency: "waiting for another job that it depends on",
  DependencyNeverSatisfied: "the job it depends on ended in another way than asked, so this one can never start",
  BeginTime: "its time to begin has not come yet",
  JobHeldUser: "held by its owner",
  JobHeldAdmin: "held by an administrator",
  launch_failed_requeued_held: "held after it could not be launched",
  job_requeued_in_held_state: "held after it was requeued",
  JobHoldMaxRequeue: "held after it was requeued too often",
  JobArrayTaskLimit: "as many tasks of the array run as it allows at once",
  Licenses: "waiting for a licence",
  NodeDown: "a node that it needs is down",
  NodeNotAvail: "a node that it needs is not available",
  ReqNodeNotAvail: "nodes that it asks for are down, drained or reserved",
  "Nodes_required_for_job_are_DOWN,_DRAINED_or_reserved_for_jobs_in_higher_priority_partitions":
    "nodes that it needs are down, drained, or reserved for jobs of a partition of higher priority",
  PartitionDown: "its partition is down",
  PartitionInactive: "its partition takes no jobs to run",
  PartitionNodeLimit: "it asks for more or fewer nodes than its partition allows",
  PartitionTimeLimit: "it asks for more time than its partition allows",
  PartitionConfig: "it asks for more than the partition's nodes have, so it cannot start as it is",
  BadConstraints: "no node has what it asks for, so it cannot start as it is",
  Reservation: "waiting for its reservation to begin",
  ReservationDeleted: "its reservation was deleted",
  Cleaning: "it is being requeued, and its earlier run is still being cleaned up",
  Prolog: "its prolog is running",
  InvalidAccount: "its account is not valid",
  InvalidQOS: "its QOS is not valid",
  AccountNotAllowed: "its account may not use this partition",
  QOSNotAllowed: "its QOS may not be used here",
  FedJobLock: "the federation is deciding where it runs",
  JobLaunchFailure: "it could not be launched",
  NonZeroExitCode: "its script ended with an error",
  OutOfMemory: "it used more memory than it had",
  RaisedSignal: "a signal ended it",
  SystemFailure: "Slurm, a file system or the network failed",
  TimeLimit: "its time ran out",
  InactiveLimit: "it did nothing for too long",
  WaitingForScheduling: "the scheduler has not looked at it yet",
  NodesBusy: "its nodes are busy",
  MaxMemPerLimit: "it asks for more memory per node or CPU than is allowed",
  DeadLine: "it could not end before its deadline",
  BurstBufferResources: "waiting for burst buffer space",
  BurstBufferStageIn: "its data are being staged in",
  BurstBufferOperation: "a burst buffer operation failed",
  FrontEndDown: "no front end node takes jobs",
  PowerNotAvail: "there is not enough power for it",
  PowerReserved: "the power for it is reserved",
  QOSUsageThreshold: "its account has used more than its QOS allows to those who use less than their share",
  BlockMaxError: "nodes of its block have failed too often",
  BlockFreeAction: "its block is being freed",
  AccountingPolicy: "a limit of its account or of its QOS",
  SchedDefer: "the scheduler is putting off jobs that want to start at once",
};

/** Limits are named by who sets them and what they bound: `AssocGrpCpuLimit`, `QOSMaxJobsPerUserLimit`. */
const owners: readonly (readonly [RegExp, string])[] = [
  [/^AssocGrp/, "together with other jobs of its account it would exceed the account's"],
  [/^AssocMax/, "it exceeds its account's"],
  [/^Assoc/, "it does not meet its account's"],
  [/^QOSGrp/, "together with other jobs of its QOS it would exceed the QOS's"],
  [/^QOSMax/, "it exceeds its QOS's"],
  [/^QOSMin/, "it asks for less than its QOS's"],
  [/^QOS/, "it does not meet its QOS's"],
  [/^Max.*PerAccount$/, "it exceeds its QOS's, for one account,"],
  [/^Max/, "it exceeds the cluster's"],
];

/** The reason in words; Slurm's own code where it is one that is not known. */
export function reasonInWords(reason: string): string {
  // squeue prints blanks where other programs print underscores.
  const whole = words[reason.replaceAll(" ", "_")];
  if (whole !== undefined) return whole;
  // A reason may carry detail: `ReqNodeNotAvail, UnavailableNodes:cpu-[0-1]`.
  const [first = reason, ...detail] = reason.split(/,\s*/);
  const code = first.replaceAll(" ", "_");
  const plain = words[code] ?? limitInWords(code);
  if (plain === undefined) return reason;
  return detail.length === 0 ? plain : `${plain} (${detail.join(", ")})`;
}

/** What would help a job that waits for this reason; `undefined` where nothing but time does. */
export function remedyFor(reason: string): string | undefined {
  const [first = reason] = reason.split(/,\s*/);
  return remedies.find(([pattern]) => pattern.test(first.replaceAll(" ", "_")))?.[1];
}

const remedies: readonly (readonly [RegExp, string])[] = [
  [/^JobHeldAdmin$/, "ask an administrator to release it"],
  [/^JobHeldUser$|held|^JobHoldMaxRequeue$/, "release it"],
  [/^DependencyNeverSatisfied$/, "cancel it, or give it another dependency"],
  [/^BadConstraints$|^PartitionConfig$/, "cancel it and ask for less, or for another partition"],
  [/^PartitionTimeLimit$/, "give it a shorter time limit, or another partition"],
  [/^PartitionNodeLimit$/, "ask for another number of nodes, or another partition"],
  [/^PartitionDown$|^PartitionInactive$/, "wait until the site opens the partition, or choose another"],
  [/^InvalidAccount$|^AccountNotAllowed$/, "choose an account that may use the partition"],
  [/^InvalidQOS$|^QOSNotAllowed$/, "choose another QOS"],
  [
    /^ReqNodeNotAvail|^NodeDown$|^NodeNotAvail$|^Nodes_required_for_job_are_DOWN/,
    "ask for other nodes, or wait until they are back",
  ],
  [/^Assoc.*Limit|^QOS.*Limit|^MaxJobs/, "wait for jobs under the same limit to end, or ask for less"],
  [/^JobArrayTaskLimit$/, "raise the array's own limit of tasks at once"],
  [/^ReservationDeleted$/, "cancel it, or give it another reservation"],
];

function limitInWords(code: string): string | undefined {
  // A word of Slurm's own, not of a sentence that some site's plugin wrote.
  if (!/^(?:Assoc|QOS|Max)[A-Za-z]+$/.test(code)) return undefined;
  const owner = owners.find(([pattern]) => pattern.test(code));
  return owner === undefined ? undefined : `${owner[1]} limit (${code})`;
}
