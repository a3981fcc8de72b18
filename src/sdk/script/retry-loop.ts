import type { RetryState } from "../define/task-options.ts";
import type { ScriptRetries } from "./task-script.ts";

/**
 * Lines of bash that make a call, and make it again. How often it was begun is kept in the job's folder until the call is over
 * for good, since Slurm itself may start the script anew:
 *
 * - `failed`: a new process makes the call, here, after a wait.
 * - `node_fail`, `preempted`: Slurm puts the job back into the queue (`--requeue`).
 * - `timeout`: Slurm says so shortly before (`--signal=B:USR2`), and is asked to put the job back.
 * - `out_of_memory`: a process that was killed, or that V8 ended for want of memory. Slurm is asked to put the job back, since
 *   a job with a process killed so ends as OUT_OF_MEMORY whatever comes after; where it cannot be asked, the call is made again
 *   here. Where a site has whole jobs killed at once (`JobAcctGatherParams=OverMemoryKill`), nothing is left to do so.
 *
 * `command` is one simple command.
 */
export function retryLoop(
  { limit, on, backoffSeconds, factor }: ScriptRetries,
  { command, isArray }: { readonly command: string; readonly isArray: boolean },
): readonly string[] {
  const again = (state: RetryState): boolean => on.includes(state);
  const waits = Array.from({ length: limit }, (_, i) => Math.min(backoffSeconds * factor ** i, longestWaitSeconds));
  return [
    `# Made again at most ${limit} times, after: ${on.join(", ")}.`,
    '[ -d "$dir/files" ] || mkdir -p "$dir/files"',
    "tries=$dir/files/tries$task attempt=0 child= stop= requeued=",
    `waits=(${waits.map((seconds) => seconds.toFixed(3)).join(" ")})`,
    '{ read -r attempt <"$tries"; } 2>/dev/null',
    "attempt=$((attempt + 1))",
    `if [ "$attempt" -gt ${limit + 1} ]; then`,
    '  rm -f "$tries"',
    `  echo "sluice: gave up: the call was begun ${limit + 1} times, and did not come to an end" >&2`,
    "  exit 1",
    "fi",
    "requeue() {",
    `  [ "$attempt" -le ${limit} ] && scontrol requeue ${isArray ? taskOfArray : '"$SLURM_JOB_ID"'} 2>/dev/null && requeued=yes`,
    "}",
    'hand_on() { [ -z "$child" ] || kill -s "$1" "$child" 2>/dev/null; }',
    `for signal in HUP USR1${again("timeout") ? "" : " USR2"}; do trap "hand_on $signal" "$signal"; done`,
    'for signal in INT TERM; do trap "stop=$signal; hand_on $signal" "$signal"; done',
    ...(again("timeout") ? ["trap requeue USR2"] : []),
    "while :; do",
    '  echo "$attempt" >"$tries"',
    "  export SLUICE_ATTEMPT=$attempt",
    `  ( trap - HUP INT USR1 USR2 TERM; exec ${command} ) &`,
    "  child=$!",
    '  while wait "$child"; status=$?; kill -0 "$child" 2>/dev/null; do :; done',
    '  wait "$child" 2>/dev/null',
    "  last=$?",
    '  if [ "$last" -ne 127 ]; then status=$last; fi',
    "  child=",
    `  if [ "$status" -eq 0 ] || [ -n "$stop$requeued" ] || [ "$attempt" -gt ${limit} ]; then break; fi`,
    ...(again("out_of_memory") ? ["  case $status in 134 | 137) requeue && break ;; esac"] : []),
    ...(again("failed")
      ? []
      : [`  ${again("out_of_memory") ? "case $status in 134 | 137) ;; *) break ;; esac" : "break"}`]),
    '  echo "sluice: the call ended with status $status; it is made again in ${waits[attempt - 1]} s" >&2',
    '  sleep "${waits[attempt - 1]}" &',
    "  child=$!",
    '  wait "$child"',
    "  child=",
    '  if [ -n "$stop" ]; then break; fi',
    "  attempt=$((attempt + 1))",
    "  forget",
    "done",
    '[ -n "$stop$requeued" ] || rm -f "$tries"',
    'if [ "$status" -gt 128 ]; then',
    "  ulimit -c 0",
    "  trap - HUP INT USR1 USR2 TERM",
    '  kill -s "$((status - 128))" $$',
    "fi",
    'exit "$status"',
  ];
}

/** The last task of an array to start has the number of the whole, by which all would be put back. */
const taskOfArray = '"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"';

/** A day: longer than any site lets a job wait for nothing. */
const longestWaitSeconds = 86_400;
