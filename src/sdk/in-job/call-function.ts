import { SluiceError } from "../../errors.ts";
import type { TaskDefinition } from "../define/task-definition.ts";
import { globalObservers } from "../observers/observe.ts";
import { tell, type RunEvent } from "../observers/observer.ts";
import { inScopeOf } from "../scope.ts";
import type { CallHeader } from "../script/task-script.ts";
import type { JobContext } from "./job-context.ts";
import { createWorkflowContext, type OpenWorkflowCluster } from "./workflow-context.ts";

export interface FunctionCall {
  readonly definition: TaskDefinition;
  readonly args: readonly unknown[];
  readonly context: JobContext;
  readonly header: CallHeader;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly host: string;
  readonly openCluster: OpenWorkflowCluster | undefined;
}

/** Calls the function of a task or a workflow, and tells observers before and after. */
export async function callFunction(call: FunctionCall): Promise<unknown> {
  const { definition, context, header, environment, host } = call;
  const isWorkflow = definition.kind === "workflow";
  const begun = Date.now();
  const event: Omit<RunEvent, "at"> = {
    jobId: context.id,
    nativeId: context.jobId === "" ? undefined : context.jobId,
    name: header.name,
    cluster: environment["SLURM_CLUSTER_NAME"] ?? "",
    task: definition.id,
    host,
    attempt: context.attempt,
    ...(context.arrayIndex !== undefined && { index: context.arrayIndex }),
  };
  const ended = (failed: { readonly error?: unknown }): void => {
    const at = Date.now();
    const what = { ...event, ...failed, at, durationMs: at - begun };
    tell(globalObservers(), isWorkflow ? "onWorkflowEnd" : "onRunEnd", what);
  };
  tell(globalObservers(), isWorkflow ? "onWorkflowStart" : "onRunStart", { ...event, at: begun });
  try {
    const value = await (isWorkflow ? callWorkflow(call) : Reflect.apply(definition.fn, undefined, call.args));
    ended({});
    return value;
  } catch (error) {
    ended({ error });
    throw error;
  }
}

async function callWorkflow({
  definition,
  args,
  context,
  header,
  environment,
  openCluster,
}: FunctionCall): Promise<unknown> {
  if (openCluster === undefined) {
    throw new SluiceError("IN_JOB_SUBMIT", `${definition.id} was sent as the code of a task, which can submit nothing`);
  }
  await using cluster = await openCluster({ jobFolder: context.outputDir, header, environment });
  const given = [createWorkflowContext(cluster, context, environment), ...args];
  return await inScopeOf(cluster, () => Reflect.apply(definition.fn, undefined, given));
}
