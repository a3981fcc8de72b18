import { assembleLauncher } from "../../assemble-launcher.ts";
import { errorCodes } from "../../error-codes.ts";
import { openCluster } from "../../launcher/clusters.ts";
import { expandHostlist } from "../../slurm/values/hostlist.ts";
import { checkTopology } from "../../topology/check/check-topology.ts";
import type { TopologyFault } from "../../topology/check/topology-fault.ts";
import { readTopologyFile } from "../../topology/read/read-topology-file.ts";
import type { Context } from "../command.ts";
import { openJobsClient } from "../jobs/jobs-client.ts";
import { visibleLine } from "../visible.ts";
import type { CheckTopologyOptions } from "./check.ts";
import { readInput } from "../read-input.ts";
import { invalid } from "./provider-request.ts";

/** `sluice topology check`: 0 where nothing is wrong but for warnings, else the exit code of `CONFIG_INVALID`. */
export async function check(context: Context, file: string, options: CheckTopologyOptions): Promise<number> {
  const written = await readTopologyFile((await readInput(context, file)).toString());
  const nodes = await nodesOf(context, options);
  const faults = checkTopology(written, nodes);
  const wrong = faults.filter(({ severity }) => severity === "error");
  const { io } = context;
  if (options.json === true) {
    io.out(`${JSON.stringify({ file, valid: wrong.length === 0, faults }, undefined, 2)}\n`);
  } else {
    io.out(faults.map((fault) => faultText(file, fault)).join(""));
    if (wrong.length === 0) {
      const { topologies } = written;
      const switches = topologies.reduce((sum, one) => sum + one.switches.length + one.blocks.length, 0);
      const compared = nodes === undefined ? "" : `, and its nodes are the ${nodes.size} of the cluster`;
      io.out(visibleLine(`${file}: Slurm takes it (${switches} lines of switches and blocks)${compared}`) + "\n");
    }
  }
  return wrong.length === 0 ? 0 : errorCodes.CONFIG_INVALID.exit;
}

function faultText(file: string, { severity, topology, line, problem, remedy }: TopologyFault): string {
  const where = `${file}${line === undefined ? "" : `:${line}`}: `;
  const text = `${where}${severity}: ${topology === undefined ? "" : `${topology}: `}${problem}`;
  return `${visibleLine(text)}\n${remedy === undefined ? "" : `  ${visibleLine(remedy)}\n`}`;
}

async function nodesOf(
  context: Context,
  { cluster, nodes }: CheckTopologyOptions,
): Promise<ReadonlySet<string> | undefined> {
  if (nodes !== undefined && cluster !== undefined) throw invalid("--nodes", "cannot stand beside --cluster");
  if (nodes !== undefined) return new Set(expandHostlist(nodes, { limit: 500_000 }));
  if (cluster === undefined) return undefined;
  const launcher = assembleLauncher(await context.config());
  const record = launcher.records.get(cluster);
  // A test cluster's nodes stand in its files, so that it need not run.
  if (record !== undefined) return new Set(launcher.drivers.get(record.driver).nodes(openCluster(record)));
  await using jobs = await openJobsClient(context);
  const list = await jobs.client.nodes(cluster, {}, { signal: context.signal });
  return new Set(list.nodes.map(({ name }) => name));
}
