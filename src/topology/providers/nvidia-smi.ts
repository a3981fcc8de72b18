import { compareBytes } from "../names/compare-bytes.ts";
import { quoteGo } from "../names/quote-go.ts";

/** Prints a line for each GPU: the NVLink fabric's cluster, and the clique in it. */
export const nvidiaSmiCommand = [
  "nvidia-smi",
  "--query-gpu=fabric.clusterUuid,fabric.cliqueId",
  "--format=csv,noheader",
] as const;

/**
 * The NVLink domain of a node, `<cluster>.<clique>`, from what `nvidia-smi` printed of its GPUs. Throws `Error` where a GPU
 * is in no domain, or two are in different ones.
 */
export function nvlinkDomain(output: string): string {
  const domains = new Set<string>();
  for (const line of output.split("\n")) if (line.trim() !== "") domains.add(domainOf(line.trim()));
  const [domain] = domains;
  if (domain === undefined) throw new Error("missing NVL partition ID");
  if (domains.size === 1) return domain;
  throw new Error(`ambiguous NVL partition IDs: ${[...domains].sort(compareBytes).join(", ")}`);
}

function domainOf(line: string): string {
  const [cluster, clique, ...more] = line.split(",").map((field) => field.trim());
  if (cluster === undefined || clique === undefined || more.length > 0) {
    throw new Error(`expected ClusterUUID and CliqueId CSV fields, got ${quoteGo(line)}`);
  }
  for (const [field, value] of [
    ["ClusterUUID", cluster],
    ["CliqueId", clique],
  ] as const) {
    if (value === "") throw new Error(`missing ${field}`);
    if (value === "N/A") throw new Error(`${field} is N/A`);
  }
  return `${cluster}.${clique}`;
}
