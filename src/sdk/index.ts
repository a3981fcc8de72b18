export { SluiceError } from "../errors.ts";
export type { SluiceErrorCode } from "../error-codes.ts";
export { ArrayJob } from "./array-job.ts";
export type { Backend } from "./backend.ts";
export { Cluster } from "./cluster.ts";
export type { ClusterOptions, MapOptions, ScriptOptions, SubmitOptions } from "./cluster.ts";
export type { SubmissionControl } from "./submit-options.ts";
export type { ClusterConfig, PythonConfig, SluiceYamlConfig } from "./cluster-config.ts";
export { definersAt } from "./define/definers-at.ts";
export { task, workflow } from "./define/task.ts";
export type { After, AfterCondition, AfterConditions, Dependency, JobLike } from "./define/dependency.ts";
export type {
  DefinedIn,
  DefinitionOptions,
  MapItem,
  MapLimit,
  Retries,
  RetryState,
  Sent,
  SentArguments,
  Task,
  TaskDefinition,
  TaskMaker,
  TaskOptions,
  Workflow,
  WorkflowMaker,
} from "./define/task.ts";
export type { BatchOptions } from "./define/task-options.ts";
export { JobContext } from "./in-job/job-context.ts";
export type { TaskName, TaskRun, WorkflowContext } from "./in-job/workflow-context.ts";
export { Job } from "./job.ts";
export type { SignalOption } from "./job.ts";
export type { OutputOptions } from "./job-output.ts";
export {
  DependencyNeverError,
  JobBootFailError,
  JobCancelledError,
  JobDeadlineError,
  JobEndError,
  JobFailedError,
  JobNodeFailError,
  JobOutOfMemoryError,
  JobPreemptedError,
  JobTimeoutError,
} from "./job-end-errors.ts";
export type { JobEnd } from "./job-end-errors.ts";
export type { JobStatus } from "./job-status.ts";
export type { ExitStatus } from "../schema/job.ts";
export type { JobState } from "../schema/job-state.ts";
export { BenchmarkObserver } from "./observers/benchmark-observer.ts";
export type { JobMetrics, Metrics } from "./observers/benchmark-observer.ts";
export { LogObserver } from "./observers/log-observer.ts";
export { observe } from "./observers/observe.ts";
export type {
  CompletedEvent,
  ObservedJob,
  Observer,
  PackagingEndEvent,
  PackagingEvent,
  RunEndEvent,
  RunEvent,
  StatusEvent,
  SubmitEndEvent,
  SubmitEvent,
  WorkflowTaskEvent,
} from "./observers/observer.ts";
export type { ScriptEnd } from "./read-value.ts";
export type { Packaging, PackagingSettings } from "./shipping/packaging.ts";
export { TaskError, type FailedCall } from "./task-error.ts";
export type { WaitOptions } from "./wait-deadline.ts";
