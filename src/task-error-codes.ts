/** What the columns of the table of errors hold; `errorCodes` says who reads them. */
export interface ErrorCode {
  readonly http: number;
  readonly grpc: string;
  readonly exit: number;
  readonly retry: boolean;
  readonly meaning: string;
  readonly remedy: string;
}

/** The part of that table that task functions and Slurmfiles have. */
export const taskErrorCodes = {
  NOT_SERIALISABLE: {
    http: 422,
    grpc: "INVALID_ARGUMENT",
    exit: 65,
    retry: false,
    meaning:
      "An argument or a result of a task holds something that cannot travel, such as a function or a class's object.",
    remedy: "The message has its path (`args[0].model.loss`) and what to send instead.",
  },
  VALUE_UNREADABLE: {
    http: 502,
    grpc: "DATA_LOSS",
    exit: 65,
    retry: false,
    meaning: "Arguments or a result of a task are not as Sluice writes them: cut off, damaged, or of a newer release.",
    remedy: "Submit the task again; use the same release of Sluice in the job and here.",
  },
  TASK_FAILED: {
    http: 422,
    grpc: "ABORTED",
    exit: 1,
    retry: false,
    meaning: "The function of a task threw. The error has its message, fields, cause and stack.",
    remedy: "Mend what the stack names; run the function here with `.unwrapped`.",
  },
  JOB_ENDED: {
    http: 422,
    grpc: "ABORTED",
    exit: 1,
    retry: false,
    meaning: "A job that was waited for ended without success: it failed, was cancelled, ran out of time or memory, …",
    remedy: "The error's class and its `state` say how, its `stderr` has the last lines that the job wrote.",
  },
  RESULT_MISSING: {
    http: 404,
    grpc: "NOT_FOUND",
    exit: 70,
    retry: false,
    meaning: "A job has left no value where one is needed.",
    remedy:
      "The message names the job and its folder: it ended before its function did, or the folder is not on a file system that all see.",
  },
  IN_JOB_SUBMIT: {
    http: 409,
    grpc: "FAILED_PRECONDITION",
    exit: 70,
    retry: false,
    meaning: "Something was submitted from a job that may not: by a task, or while the module of a task is loaded.",
    remedy: "Submit from a workflow's function; a task, and the top level of its module, submit nothing.",
  },
  NOT_IN_JOB: {
    http: 409,
    grpc: "FAILED_PRECONDITION",
    exit: 70,
    retry: false,
    meaning: "A job was asked what it knows of itself by a process that is none.",
    remedy: "Call it from the function of a task, in its job; for a unit test, hand over what the function needs.",
  },
  TASK_NOT_REGISTERED: {
    http: 422,
    grpc: "FAILED_PRECONDITION",
    exit: 70,
    retry: false,
    meaning: "A task function is not there when the module that defines it is loaded in its job.",
    remedy: "Define it at the top level of the module, not in a function or a condition.",
  },
  TASK_LOAD_FAILED: {
    http: 422,
    grpc: "FAILED_PRECONDITION",
    exit: 70,
    retry: false,
    meaning:
      "The module that defines a task function throws while it is loaded in a job, ends the process, or does not end loading.",
    remedy: "The message has its words; what it does at its top level has to work on the nodes too.",
  },
  BUNDLE_FAILED: {
    http: 422,
    grpc: "FAILED_PRECONDITION",
    exit: 65,
    retry: false,
    meaning: "The code of a task cannot be put together, or packed, for the cluster.",
    remedy: "The message has the words of esbuild or npm, with file and line; mend it there.",
  },
  SLURMFILE_NOT_FOUND: {
    http: 404,
    grpc: "NOT_FOUND",
    exit: 66,
    retry: false,
    meaning: "There is no Slurmfile where one was looked for.",
    remedy: "The message says where; `sluice init` writes a Slurmfile.toml.",
  },
  SLURMFILE_INVALID: {
    http: 422,
    grpc: "FAILED_PRECONDITION",
    exit: 78,
    retry: false,
    meaning: "A Slurmfile is no TOML, or says something that Sluice does not take.",
    remedy: "The message gives line and column; mend it there.",
  },
  ENVIRONMENT_NOT_FOUND: {
    http: 404,
    grpc: "NOT_FOUND",
    exit: 4,
    retry: false,
    meaning: "The Slurmfile has no environment of that name.",
    remedy: "The message lists those that it has; add it, or name another, also in SLURM_ENV.",
  },
} as const satisfies Record<string, ErrorCode>;
