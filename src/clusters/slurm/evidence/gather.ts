import { randomUUID } from "node:crypto";
import type { EvidenceRequest, Finding, SubmittedJob } from "../../../jobs/cluster.ts";
import type { ClusterInventory } from "../../../schema/cluster-inventory.ts";
import type { Command } from "../../../schema/command.ts";
import { sacct } from "../../../slurm/commands/sacct.ts";
import { slurmFailure } from "../../../slurm/commands/failure.ts";
import { showConfig } from "../../../slurm/commands/scontrol-show-config.ts";
import { showJob, type ShownJob } from "../../../slurm/commands/scontrol-show-job.ts";
import { showLicences } from "../../../slurm/commands/scontrol-show-licenses.ts";
import { showNode } from "../../../slurm/commands/scontrol-show-node.ts";
import { showReservations } from "../../../slurm/commands/scontrol-show-reservations.ts";
import { toClusterNode } from "../inventory.ts";
import { ask, orNothing, type Asking } from "./ask.ts";
import { findLimits } from "./limits.ts";
import { closedNodes, freeOf, licencesOf, partitionFindings, reservationFindings } from "./read-findings.ts";

/**
 * What Slurm knows beyond a reason: which nodes are closed and why, which licences are in use, which limit is reached. Asks for
 * what bears on these reasons alone. What cannot be learnt, for lack of rights or of accounting, is left out.
 */
export async function gatherEvidence(
  asking: Asking,
  job: SubmittedJob,
  request: EvidenceRequest,
): Promise<readonly Finding[]> {
  if (request.freshness === "hidden") return (await orNothing(whoMayNotSee(asking))) ?? [];
  if (request.state === "cancelled") return (await orNothing(cancelledBy(asking, job))) ?? [];
  const { reasons } = request;
  if (reasons.length === 0) return [];
  const shown = await orNothing(ask(asking, showJob(job.nativeId)));
  // Of an array, the tasks that wait are one record.
  const record = shown?.find(({ state }) => state === "PENDING") ?? shown?.[0];
  if (record === undefined) return [];
  const found = await Promise.all(reasons.map((reason) => orNothing(about(asking, reason, record, request))));
  return found.flatMap((findings) => findings ?? []);
}

async function about(
  asking: Asking,
  reason: string,
  job: ShownJob,
  { inventory }: EvidenceRequest,
): Promise<readonly Finding[]> {
  const [first = ""] = reason.split(/,\s*/);
  const code = first.replaceAll(" ", "_");
  if (code === "Licenses") return licencesOf(job, await ask(asking, showLicences()));
  if (code === "BeginTime" && job.eligibleTime !== undefined) {
    return [{ what: `it may begin from ${job.eligibleTime} on`, evidence: `EligibleTime=${job.eligibleTime}` }];
  }
  if (code === "Reservation") return reservationFindings(job, await ask(asking, showReservations()));
  if (code.startsWith("Partition")) return partitionFindings(code, job, inventory);
  if (/NotAvail$|^NodeDown$|^Resources$/.test(code)) {
    const reservations = await ask(asking, showReservations());
    const nodes = await namedNodes(asking, reason, job, inventory);
    const free = code === "Resources" ? freeOf(job, nodes) : [];
    return [...free, ...closedNodes(reason, job, nodes), ...reservationFindings(job, reservations, nodes)];
  }
  return findLimits(asking, code, job);
}

/** The inventory with the nodes that the reason or the job names as they are now. */
async function namedNodes(
  asking: Asking,
  reason: string,
  job: ShownJob,
  inventory: ClusterInventory | undefined,
): Promise<ClusterInventory | undefined> {
  const asked = job.fields.get("ReqNodeList");
  const named = /UnavailableNodes:(\S+)/.exec(reason)?.[1] ?? (asked === "(null)" ? undefined : asked);
  if (named === undefined || inventory === undefined) return inventory;
  const fresh = new Map((await ask(asking, showNode(named))).map((node) => [node.name, toClusterNode(node)]));
  return { ...inventory, nodes: inventory.nodes.map((node) => fresh.get(node.name) ?? node) };
}

async function whoMayNotSee(asking: Asking): Promise<readonly Finding[]> {
  const [user, { settings }] = await Promise.all([ask(asking, userName()), ask(asking, showConfig())]);
  const what = `user ${user}, as whom Slurm is asked, is neither its owner nor an operator, nor a coordinator of its account`;
  return [{ what, evidence: `PrivateData=${settings.get("PrivateData") ?? ""}` }];
}

/** Who ended it, which the accounting database alone remembers. */
async function cancelledBy(asking: Asking, { jobId, nativeId }: SubmittedJob): Promise<readonly Finding[]> {
  const request = { boundary: randomUUID(), jobs: [nativeId], everyRun: true, submitLine: true };
  const runs = (await ask(asking, sacct(request))).filter(({ submitLine = "" }) =>
    submitLine.includes(`/jobs/${jobId}/`),
  );
  const uid = runs.findLast((run) => run.cancelledBy !== undefined)?.cancelledBy;
  if (uid === undefined) return [];
  const name = await orNothing(ask(asking, userName(uid)));
  return [{ what: `${name ?? `the user of uid ${uid}`} cancelled it`, evidence: `CANCELLED by ${uid}` }];
}

/** The name of a user; of whoever asks where none is given. */
function userName(uid?: number): Command<string> {
  return {
    argv: ["id", "-un", ...(uid === undefined ? [] : [String(uid)])],
    parse(output) {
      if (output.exitCode !== 0) throw slurmFailure("id", output, "COMMAND_FAILED");
      return output.stdout.trim();
    },
  };
}
