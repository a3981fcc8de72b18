/**
 * Every way in which Sluice can fail, once. The columns are read by the doors alone: `http` and `grpc` by the servers,
 * `exit` by the command line (values of sysexits.h where one fits), `retry` by clients that may try again as they are.
 * `docs/errors.md` is written from this table.
 */
export const errorCodes = {
  INPUT_INVALID: {
    http: 400,
    grpc: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    meaning: "An argument, option or field is wrong.",
    remedy: "The message names the field and what it takes; `--help` lists all of them.",
  },
  FORMAT_INVALID: {
    http: 422,
    grpc: "INVALID_ARGUMENT",
    exit: 65,
    retry: false,
    meaning:
      "A value in one of Slurm's own notations (hostlist, duration, memory, array, dependency, …) cannot be read.",
    remedy: "Compare with the notation in the Slurm manual page that the message names.",
  },
  SCRIPT_INVALID: {
    http: 422,
    grpc: "INVALID_ARGUMENT",
    exit: 65,
    retry: false,
    meaning: "A batch script would be refused by sbatch: no `#!`, DOS line ends, empty, or an option it does not know.",
    remedy: "The message gives line and column; mend the script there.",
  },
  LIMIT_EXCEEDED: {
    http: 413,
    grpc: "RESOURCE_EXHAUSTED",
    exit: 65,
    retry: false,
    meaning: "The input asks for more than a bound that protects this machine.",
    remedy: "Ask for less at once, or raise the bound where the message names one.",
  },
  CONFIG_INVALID: {
    http: 422,
    grpc: "FAILED_PRECONDITION",
    exit: 78,
    retry: false,
    meaning: "A file of settings (`cluster.yaml`, `sluice.yaml`, `slurm.conf`) cannot be read or is not accepted.",
    remedy: "The message says what is refused, and where; mend it there.",
  },
  FILE_UNREADABLE: {
    http: 404,
    grpc: "NOT_FOUND",
    exit: 66,
    retry: false,
    meaning: "A file that was named does not exist or may not be read.",
    remedy: "Check the path and its permissions.",
  },
  FILE_UNWRITABLE: {
    http: 500,
    grpc: "FAILED_PRECONDITION",
    exit: 73,
    retry: false,
    meaning: "A file or folder cannot be made or written.",
    remedy: "Check permissions and free space, or choose another place (`--output-dir`).",
  },
  CLUSTER_NOT_FOUND: {
    http: 404,
    grpc: "NOT_FOUND",
    exit: 4,
    retry: false,
    meaning: "No cluster of that name is known, or its files are gone.",
    remedy: "`sluice cluster list` shows what there is; `sluice cluster create` makes one.",
  },
  CLUSTER_EXISTS: {
    http: 409,
    grpc: "ALREADY_EXISTS",
    exit: 5,
    retry: false,
    meaning: "A cluster of that name exists already.",
    remedy: "Choose another `--name`, or destroy the first with `sluice cluster destroy --name NAME`.",
  },
  CLUSTER_BUSY: {
    http: 409,
    grpc: "ABORTED",
    exit: 75,
    retry: true,
    meaning: "Another command is working on this cluster.",
    remedy: "Wait for it to end and try again; the message names its process.",
  },
  CLUSTER_NOT_RUNNING: {
    http: 409,
    grpc: "FAILED_PRECONDITION",
    exit: 69,
    retry: false,
    meaning: "The cluster is stopped.",
    remedy: "`sluice cluster start --name NAME`",
  },
  CLUSTER_UNREACHABLE: {
    http: 503,
    grpc: "UNAVAILABLE",
    exit: 69,
    retry: true,
    meaning: "The cluster's controller does not answer. Nothing is known of its jobs until it does.",
    remedy: "`scontrol ping` on the cluster; for a test cluster `sluice cluster status` and `sluice cluster logs`.",
  },
  NODE_NOT_FOUND: {
    http: 404,
    grpc: "NOT_FOUND",
    exit: 4,
    retry: false,
    meaning: "The cluster has no node of that name.",
    remedy: "`sluice cluster status` lists the nodes.",
  },
  PORT_BUSY: {
    http: 409,
    grpc: "FAILED_PRECONDITION",
    exit: 5,
    retry: false,
    meaning: "A port that was asked for is in use.",
    remedy: "Leave the port out to have a free one chosen, or name another.",
  },
  SLURM_MISSING: {
    http: 501,
    grpc: "FAILED_PRECONDITION",
    exit: 69,
    retry: false,
    meaning: "A Slurm program that is needed is not installed here.",
    remedy: "`sluice doctor` says what is missing and the command that installs it.",
  },
  DRIVER_UNAVAILABLE: {
    http: 501,
    grpc: "UNIMPLEMENTED",
    exit: 69,
    retry: false,
    meaning: "The chosen driver cannot do this, here or in this version.",
    remedy: "Leave `--driver` out to have one chosen, or drop the option that the message names.",
  },
  DAEMON_FAILED: {
    http: 500,
    grpc: "INTERNAL",
    exit: 70,
    retry: false,
    meaning: "A daemon of a test cluster did not start or died; the message carries its own last words.",
    remedy: "`sluice cluster logs NODE` shows all it said.",
  },
  SUBMIT_REJECTED: {
    http: 422,
    grpc: "FAILED_PRECONDITION",
    exit: 65,
    retry: false,
    meaning: "The scheduler refused the job.",
    remedy: "The message carries the scheduler's own words; change what it names.",
  },
  ACTION_REFUSED: {
    http: 409,
    grpc: "FAILED_PRECONDITION",
    exit: 5,
    retry: false,
    meaning: "The job is in a state that does not allow this, or its scheduler refused it.",
    remedy: "The message says which; look at the job's state.",
  },
  JOB_NOT_FOUND: {
    http: 404,
    grpc: "NOT_FOUND",
    exit: 4,
    retry: false,
    meaning: "The cluster does not know a job of that id.",
    remedy:
      "Check the id and the cluster: `sluice jobs` lists Sluice's own; Slurm forgets others some time after their end (MinJobAge) where there is no accounting.",
  },
  JOB_LOST: {
    http: 502,
    grpc: "DATA_LOSS",
    exit: 75,
    retry: false,
    meaning:
      "The job left the scheduler's memory and left no receipt, so how it ended is unknown. It is not taken as success.",
    remedy: "Look at the job's output; turn accounting on to have such ends recorded.",
  },
  STORE_UNAVAILABLE: {
    http: 503,
    grpc: "UNAVAILABLE",
    exit: 69,
    retry: true,
    meaning: "The database of jobs does not answer, is locked or full, or cannot be read.",
    remedy: "The message says which; a job that was accepted before is kept. The same request may be made again.",
  },
  STORE_NEWER: {
    http: 500,
    grpc: "FAILED_PRECONDITION",
    exit: 78,
    retry: false,
    meaning: "A newer Sluice has changed the database of jobs in a way that this one does not understand.",
    remedy: "Run the newer Sluice, or give this one a database of its own.",
  },
  IDEMPOTENCY_CONFLICT: {
    http: 409,
    grpc: "ALREADY_EXISTS",
    exit: 5,
    retry: false,
    meaning: "The idempotency key was used before, for a request that asked for something else.",
    remedy: "Use a new key for a new request; repeat the first request unchanged to have its job.",
  },
  CAPABILITY_MISSING: {
    http: 501,
    grpc: "UNIMPLEMENTED",
    exit: 69,
    retry: false,
    meaning: "This kind of cluster cannot do what was asked.",
    remedy: "Choose a cluster that can (`--cluster`), or leave out what the message names.",
  },
  COMMAND_FAILED: {
    http: 502,
    grpc: "UNKNOWN",
    exit: 70,
    retry: false,
    meaning: "A command that Sluice ran ended with an error.",
    remedy: "The message carries the command's own words.",
  },
  REPLY_UNREADABLE: {
    http: 502,
    grpc: "INTERNAL",
    exit: 70,
    retry: false,
    meaning: "A command's answer has a shape that Sluice does not know.",
    remedy: "Please report it, with the Slurm version and the text in the message.",
  },
  DEADLINE_EXCEEDED: {
    http: 504,
    grpc: "DEADLINE_EXCEEDED",
    exit: 75,
    retry: true,
    meaning: "What was waited for did not happen in time.",
    remedy: "Try again, with a longer `--timeout` where the command has one.",
  },
  UNAUTHENTICATED: {
    http: 401,
    grpc: "UNAUTHENTICATED",
    exit: 77,
    retry: false,
    meaning: "The gateway asks for a token, or does not know the one that came.",
    remedy: "Send one that `sluice token create` made; the command line takes it from the file in SLUICE_TOKEN_FILE.",
  },
  FORBIDDEN: {
    http: 403,
    grpc: "PERMISSION_DENIED",
    exit: 77,
    retry: false,
    meaning: "The gateway knows the caller, who may not do this.",
    remedy: "Use a token of the scope that the message names.",
  },
  RATE_LIMITED: {
    http: 429,
    grpc: "RESOURCE_EXHAUSTED",
    exit: 75,
    retry: true,
    meaning: "More requests came with one token than the gateway takes at once.",
    remedy: "Wait as long as `Retry-After` says; follow events rather than ask again and again.",
  },
  GATEWAY_UNREACHABLE: {
    http: 503,
    grpc: "UNAVAILABLE",
    exit: 69,
    retry: true,
    meaning: "The gateway does not answer.",
    remedy: "Check SLUICE_URL, and that `sluice serve` runs there.",
  },
  CANCELLED: {
    http: 499,
    grpc: "CANCELLED",
    exit: 130,
    retry: false,
    meaning: "The work was given up because it was asked to stop.",
    remedy: "Run it again when you want it.",
  },
} as const satisfies Record<string, ErrorCode>;

interface ErrorCode {
  readonly http: number;
  readonly grpc: string;
  readonly exit: number;
  readonly retry: boolean;
  readonly meaning: string;
  readonly remedy: string;
}

export type SluiceErrorCode = keyof typeof errorCodes;

/** Whether a text, such as one from a newer gateway, is a code of this table. */
export function isErrorCode(code: string): code is SluiceErrorCode {
  return Object.hasOwn(errorCodes, code);
}
