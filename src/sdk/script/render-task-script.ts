import { SluiceError } from "../../errors.ts";
import { quote } from "../../schema/quote.ts";
import { findOption } from "../../slurm/batch/option-table.ts";
import type { GivenOption } from "../../slurm/batch/read-options.ts";
import { writeScript } from "../../slurm/batch/write-script.ts";
import { startLines } from "../shipping/start-lines.ts";
import { callBegin, callEnd } from "./read-call.ts";
import { retryLoop } from "./retry-loop.ts";
import type { CallHeader, ScriptRetries, TaskScript } from "./task-script.ts";

/**
 * The batch script of a call: complete, and made to be read. It finds Node, and is replaced by it, so that signals reach the
 * function; only where the call is to be made again the shell stays, and hands signals on. Throws `INPUT_INVALID` for a value
 * that no script can hold, and for retries that cannot be had together with an option.
 */
export function renderTaskScript({
  header,
  options,
  calls,
  code,
  setup = [],
  srun = false,
  retries,
}: TaskScript): string {
  const isArray = options.some(({ option }) => option.name === "array");
  const written: CallHeader = { ...header, isArray, code };
  const start = startLines(code, { srun });
  const again = retries !== undefined && retries.limit > 0 && retries.on.length > 0 ? retries : undefined;
  const data = [JSON.stringify(written), ...calls];
  if (data.some((line) => line.includes("\n"))) throw new TypeError("a call is more than one line");
  const body = [
    `# Calls the ${header.kind} ${JSON.stringify(header.task)}. Made by Sluice; the call itself stands at the end.`,
    `case $0 in /*) dir=\${0%/*} ;; */*) dir=$PWD/\${0%/*} ;; *) dir=$PWD ;; esac`,
    `task=${isArray ? "${SLURM_ARRAY_TASK_ID:+.$SLURM_ARRAY_TASK_ID}" : ""}`,
    `export JOB_DIR="$dir" SLUICE_TASK=${quote(header.task)}`,
    `export SLUICE_ATTEMPT=$((\${SLURM_RESTART_COUNT:-0} + 1))`,
    "# What an earlier run has left is not the value of this one.",
    "forget() {",
    '  if [ -e "$dir/files/state$task.json" ] || [ -e "$dir/files/result$task.json" ]; then',
    '    rm -f -- "$dir/files/result$task.json" "$dir/files/result$task".[0-9]*.bin "$dir/files/state$task.json"',
    "  fi",
    "}",
    "forget",
    ...setup,
    ...start.setup,
    ...(again === undefined ? [`exec ${start.command}`] : retryLoop(again, { command: start.command, isArray })),
  ];
  return writeScript({
    // What the user has set up, and what makes a call again, is written for bash.
    interpreter: setup.length > 0 || again !== undefined ? "/bin/bash" : start.interpreter,
    components: [[...nameFirst(options), ...(again === undefined ? [] : retryOptions(again, options))]],
    body: `${body.join("\n")}\n\n${callBegin}${data.join("\n")}\n${callEnd}`,
  });
}

function nameFirst(options: readonly GivenOption[]): readonly GivenOption[] {
  const isName = ({ option }: GivenOption): boolean => option.name === "job-name";
  return [...options.filter(isName), ...options.filter((given) => !isName(given))];
}

/** What Slurm has to do for the retries: put the job back into the queue, and say before its time is over. */
function retryOptions({ on }: ScriptRetries, options: readonly GivenOption[]): readonly GivenOption[] {
  const has = (name: string): boolean => options.some(({ option }) => option.name === name);
  if (on.includes("timeout") && has("signal")) {
    throw new SluiceError(
      "INPUT_INVALID",
      "retries.on: timeout needs Slurm's signal before the end of the time, which the option signal asks for too; leave one of them out",
      { details: { field: "retries.on" } },
    );
  }
  const isRequeued = on.some((state) => state !== "failed") && !has("requeue") && !has("no-requeue");
  return [
    ...(isRequeued ? [{ option: findOption("requeue") }] : []),
    ...(on.includes("timeout") ? [{ option: findOption("signal"), value: "B:USR2@5" }] : []),
  ];
}
