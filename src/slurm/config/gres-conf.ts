import type { GpuEnv } from "../../schema/cluster-spec.ts";
import type { ClusterPlan } from "../../schema/cluster-plan.ts";
import { listedPath, setting } from "./conf-value.ts";
import { header } from "./header.ts";

/** Without a flag, Slurm sets the variables of every vendor at once. */
const envFlags = { none: "no_gpu_env", nvidia: "nvidia_gpu_env", amd: "amd_gpu_env" } as const satisfies Record<
  GpuEnv,
  string
>;

/**
 * gres.conf(5): one line per node with GPUs. Every line names its node, as several slurmds may share a host and its file.
 * `File` has one device per GPU: without it slurmd drops the GPUs and the node is drained.
 */
export function writeGresConf(plan: Pick<ClusterPlan, "name" | "nodes" | "gpuEnv">): string {
  return [
    ...header(plan.name, "gres.conf(5)"),
    "AutoDetect=off",
    ...plan.nodes.flatMap(({ name, gpus }) =>
      gpus === undefined
        ? []
        : [
            `NodeName=${name} Name=gpu Type=${gpus.type} ${setting("File", devicePattern(gpus.devices))} ` +
              `Flags=${envFlags[plan.gpuEnv]}`,
          ],
    ),
    "",
  ].join("\n");
}

/** `dir/gpu[0-3]` where the devices count up from one number, otherwise the list; `File` takes both (gres.conf(5)). */
function devicePattern(devices: readonly string[]): string {
  for (const device of devices) listedPath("gres.conf File", device, /[[\],\s]/);
  const [first] = devices;
  const match = /^(.*\D)(0|[1-9]\d*)$/.exec(first ?? "");
  const [, stem, start] = match ?? [];
  if (devices.length < 2 || stem === undefined || start === undefined) return devices.join(",");
  const isCountingUp = devices.every((device, i) => device === `${stem}${Number(start) + i}`);
  return isCountingUp ? `${stem}[${start}-${Number(start) + devices.length - 1}]` : devices.join(",");
}
