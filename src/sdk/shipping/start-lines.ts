import { dirname } from "node:path/posix";
import { quote, quoteAll } from "../../schema/quote.ts";
import { containerLines } from "./container-lines.ts";
import { leftOutPackages } from "./left-out-packages.ts";
import { findNodeLines } from "./node-lines.ts";
import { installLines } from "./project-lines.ts";
import type { ShippedCode } from "./shipped-code.ts";

/**
 * The code is kept under a name without an ending. By a link that has one, Node takes it as a module, whatever package.json is
 * above. SIGUSR1, by which jobs are told that their time ends, must not open a debugger on a node that others use too.
 */
const linkFlags = ["--preserve-symlinks-main", "--disable-warning=ExperimentalWarning", "--disable-sigusr1"];

export interface StartLines {
  /** What runs these lines: bash, where they need more than sh. */
  readonly interpreter: "/bin/sh" | "/bin/bash";
  /**
   * Lines that stand before the first try. They expect `dir`, the job's folder. Where the code cannot be run they end the
   * script: with 127 where there is no Node or no container engine, with 66 where the code is not there, and say why.
   */
  readonly setup: readonly string[];
  /** Runs the call, and ends as it ends. May be run again. */
  readonly command: string;
}

/** How a job's script starts the code of a call; with `srun`, in each of the job's tasks. */
export function startLines(code: ShippedCode, { srun }: { readonly srun: boolean }): StartLines {
  const { entry, project, container } = code;
  const flags = [
    ...linkFlags,
    ...(code.packagesFrom === undefined ? [] : ["--import", leftOutPackages(code.packagesFrom)]),
  ];
  const link = project === undefined ? '"$dir"/code.mjs' : `"$sluice_project"/${code.sha256.slice(0, 16)}.mjs`;
  return {
    // Each task of an array starts one, and of the two sh is done sooner.
    interpreter: container !== undefined || project !== undefined ? "/bin/bash" : "/bin/sh",
    setup: [
      ...needLines(entry, code.packaging),
      ...(container === undefined ? findNodeLines(code.runtime) : []),
      ...(project === undefined ? [] : installLines(project)),
      `sluice_code=${link}`,
      // Another task of the array may do the same now.
      `[ -e "$sluice_code" ] || ln -s ${quote(entry)} "$sluice_code" 2>/dev/null || [ -e "$sluice_code" ] || exit 73`,
      ...(container === undefined
        ? []
        : containerLines(container, { runtime: code.runtime, base: dirname(dirname(entry)), flags, srun })),
      ...(srun || container !== undefined ? srunLines : []),
    ],
    command:
      container === undefined
        ? `${srun ? "srun " : ""}"$sluice_node" ${quoteAll(flags)} "$sluice_code" "$dir"`
        : '"${sluice_start[@]}" "$dir"',
  };
}

function needLines(entry: string, packaging: ShippedCode["packaging"]): readonly string[] {
  return [
    `if ! [ -r ${quote(entry)} ]; then`,
    `  echo "sluice: the task's code (${packaging}) is not to be seen on $(uname -n):" ${quote(entry)} >&2`,
    "  exit 66",
    "fi",
  ];
}

/** Since 22.05 a step does not have the CPUs for each task from the job's own option (srun(1), SRUN_CPUS_PER_TASK). */
const srunLines = ['[ -n "${SLURM_CPUS_PER_TASK-}" ] && export SRUN_CPUS_PER_TASK="$SLURM_CPUS_PER_TASK"'];
