import { readTopologyConf } from "./read-topology-conf.ts";
import type { WrittenFile } from "./written-topology.ts";

/** Reads a file of topologies for Slurm, a `topology.conf` or a `topology.yaml`, whichever the text is. */
export async function readTopologyFile(text: string): Promise<WrittenFile> {
  if (!isTopologyYaml(text)) return readTopologyConf(text);
  const { readTopologyYaml } = await import("./read-topology-yaml.ts");
  return readTopologyYaml(text);
}

/** Whether a text is a list of YAML, as no `topology.conf` is. */
export function isTopologyYaml(text: string): boolean {
  const first = text.split("\n").find((line) => !/^\s*(#|$|---\s*$|%YAML)/.test(line));
  return first !== undefined && /^\s*(-(\s|$)|\[)/.test(first);
}
