import type { RequestBudget } from "../../jobs/cluster.ts";
import type { ShownConfig } from "../../slurm/commands/scontrol-show-config.ts";

/** Whether slurmctld shows jobs to their owners alone: slurm.conf(5), PrivateData. */
export function keepsJobsPrivate({ settings }: ShownConfig): boolean {
  return (settings.get("PrivateData") ?? "").split(",").includes("jobs");
}

/** The limit on requests of each user that slurmctld keeps: slurm.conf(5), SlurmctldParameters, `rl_enable` (23.02). */
export function requestBudget({ settings }: ShownConfig): RequestBudget | undefined {
  const parameters = new Map(
    (settings.get("SlurmctldParameters") ?? "").split(",").map((word): [string, number] => {
      const [name = "", value] = word.trim().split("=");
      return [name, Number(value)];
    }),
  );
  if (!parameters.has("rl_enable")) return undefined;
  const number = (name: string, otherwise: number): number => {
    const value = parameters.get(name);
    return value !== undefined && value > 0 ? value : otherwise;
  };
  return {
    burst: number("rl_bucket_size", 30),
    perSecond: number("rl_refill_rate", 2) / number("rl_refill_period", 1),
  };
}
