/**
 * What `import … from "sluice"` gives in the code of a task: the same names as `src/sdk/index.ts`, and nothing that a task
 * does not need, since each job loads it.
 */
export { SluiceError } from "../../errors.ts";
export { definersAt, task, workflow } from "../define/definers-in-job.ts";
export * from "../job-end-errors.ts";
export { BenchmarkObserver } from "../observers/benchmark-observer.ts";
export { LogObserver } from "../observers/log-observer.ts";
export { observe } from "../observers/observe.ts";
export { TaskError } from "../task-error.ts";
export { JobContext } from "./job-context.ts";
export { ArrayJob, Cluster, Job } from "./no-cluster.ts";
