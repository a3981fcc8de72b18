import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Client, JobBody } from "../../client/client.ts";
import { canonicalJson } from "../../schema/canonical-json.ts";
import { ClientBackend } from "../client-backend.ts";
import { Cluster } from "../cluster.ts";
import { openWorkflowClient } from "./open-workflow-client.ts";
import { workflowHome, type WorkflowPlace } from "./workflow-context.ts";

/**
 * The cluster that a workflow runs on, for its children: through an engine in the workflow's own process, whose store is in the
 * workflow's folder. So a workflow that Slurm starts anew finds the children that it has submitted before, whatever order it
 * submits them in: a child is known by all that is asked of the cluster for it.
 */
export async function openWorkflowCluster({ jobFolder, header, environment }: WorkflowPlace): Promise<Cluster> {
  const keyOf = childKeys();
  const backend = new ClientBackend({
    description: `the cluster of workflow ${header.task}`,
    async open() {
      const opened = await openWorkflowClient(workflowHome(jobFolder), environment);
      const submit: Client["submit"] = (body, options = {}) =>
        opened.client.submit(body, { ...options, idempotencyKey: keyOf(body) });
      return { ...opened, client: { ...opened.client, submit } };
    },
  });
  return new Cluster(backend, {
    ...(header.submit !== undefined && { submit: header.submit }),
    ...(header.code !== undefined && { inherit: header.code }),
    sharedFolder: header.sharedFolder ?? join(jobFolder, "shared"),
  });
}

/** Gives each request the same key in each run of a workflow; equal ones are told apart by how many came before. */
export function childKeys(): (body: JobBody) => string {
  const times = new Map<string, number>();
  return (body) => {
    const hash = createHash("sha256").update(canonicalJson(body)).digest("hex").slice(0, 40);
    const time = (times.get(hash) ?? 0) + 1;
    times.set(hash, time);
    return `child-${hash}-${time}`;
  };
}
