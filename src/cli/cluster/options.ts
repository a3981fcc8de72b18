import { Option } from "commander";
import { seconds } from "../numbers.ts";

/** Options that several commands of `sluice cluster` share, as arguments of commander's `option()` or `addOption()`. */
export const nameOption = ["--name <name>", "the cluster (default: $SLURM_TEST_CLUSTER, else slurm-test)"] as const;
export const jsonOption = ["--json", "print JSON"] as const;
export const quietOption = ["--quiet", "print results alone, no progress"] as const;
export const waitOption = ["--wait", "return when every node is ready", true] as const;
export const noWaitOption = ["--no-wait", "return when the daemons are started"] as const;
/** Read into milliseconds. */
export const timeoutOption = new Option("--timeout <seconds>", "give up after so long")
  .argParser(seconds("--timeout"))
  .default(60_000, "60");
