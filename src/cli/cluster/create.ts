import { examples, type CommandSpec } from "../command.ts";
import { wholeNumber } from "../numbers.ts";
import { jsonOption, noWaitOption, quietOption, timeoutOption, waitOption } from "./options.ts";

/** What commander hands to the action of `sluice cluster create`; an option that was not given is absent. */
export interface CreateOptions {
  readonly name?: string;
  readonly preset?: string;
  readonly config?: string;
  readonly cpuNodes?: number;
  readonly nodes?: number;
  readonly gpuNodes?: number;
  readonly cpusPerNode?: number;
  readonly gpusPerNode?: number;
  readonly memoryPerNode?: number;
  readonly gpuEnv?: string;
  readonly topology?: string;
  readonly withRegistry?: boolean;
  readonly withPyxis?: boolean;
  readonly withAccounting?: boolean;
  readonly withRest?: boolean;
  readonly port?: number;
  readonly start?: boolean;
  readonly outputDir: string;
  readonly driver: string;
  readonly ephemeral?: boolean;
  readonly ownerPid?: number;
  readonly dryRun?: boolean;
  readonly wait: boolean;
  readonly timeout: number;
  readonly rollback: boolean;
  readonly ci?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export const createCommand: CommandSpec = (parent, context) => {
  parent
    .command("create")
    .description("make a test cluster: all of it, or, where anything fails, nothing")
    .option("--name <name>", "its name (default: slurm-test)")
    .option("--preset <preset>", "cpu, gpu, multi-node or full (default: cpu)")
    .option("--config <file>", "make it as a cluster.yaml says; --name is then all that may differ")
    .option("--cpu-nodes <count>", "CPU nodes (default: 1, or as the preset says)", wholeNumber("--cpu-nodes"))
    .option("--nodes <count>", "the same as --cpu-nodes", wholeNumber("--nodes"))
    .option(
      "--gpu-nodes <count>",
      "nodes with simulated GPUs (default: 0, or as the preset says)",
      wholeNumber("--gpu-nodes"),
    )
    .option(
      "--cpus-per-node <count>",
      "CPUs of each node (default: 4, or as the preset says)",
      wholeNumber("--cpus-per-node"),
    )
    .option(
      "--gpus-per-node <count>",
      "GPUs of each GPU node (default: 2, or as the preset says)",
      wholeNumber("--gpus-per-node"),
    )
    .option(
      "--memory-per-node <MB>",
      "memory of each node in MB (default: 4096, or as the preset says)",
      wholeNumber("--memory-per-node", "MB"),
    )
    .option("--gpu-env <vendor>", "none, nvidia or amd: whose variables jobs with GPUs get (default: none)")
    .option(
      "--topology <model>",
      "with a network: a model that comes with Sluice, or a file; its nodes are the cluster's",
    )
    .option("--with-registry", "with a container registry")
    .option("--with-pyxis", "with Pyxis, for jobs in containers")
    .option("--with-accounting", "with slurmdbd and MariaDB, so that sacct works")
    .option("--with-rest", "with slurmrestd")
    .option("--port <port>", "port for ssh (default: 2222, or a free one where that is taken)", wholeNumber("--port"))
    .option("--start", "start it too")
    .option("--output-dir <folder>", "where its folder is made", ".slurm-cluster/")
    .option("--driver <driver>", "auto, native or compose", "auto")
    .option("--ephemeral", "destroy it when the process that called sluice ends, however it ends")
    .option("--owner-pid <pid>", "with --ephemeral: that process instead", wholeNumber("--owner-pid"))
    .option("--dry-run", "show what would be made, and make nothing")
    .option(...waitOption)
    .option(...noWaitOption)
    .addOption(timeoutOption)
    .option("--rollback", "where something fails, leave nothing behind", true)
    .option("--no-rollback", "where something fails, leave everything to be looked at")
    .option("--ci", "for CI: no colour, no questions (there are none), progress as plain lines")
    .option(...jsonOption)
    .option(...quietOption)
    .addHelpText(
      "after",
      examples([
        "sluice cluster create --start",
        "sluice cluster create --preset gpu --gpu-env nvidia --start",
        "sluice cluster create --name dev --cpu-nodes 2 --gpu-nodes 1 --gpus-per-node 4 --start",
        "sluice cluster create --name dev --topology crusoe-two-pods.yaml --start",
        "sluice cluster create --preset full --dry-run",
      ]),
    )
    .action(async (options: CreateOptions) => {
      const { create } = await import("./create-action.ts");
      await create(context, options);
    });
};
