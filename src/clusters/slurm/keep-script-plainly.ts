/** Where output goes, as a link in proc(5) says: Slurm forgets it with the job, and never tells what `%N` became. */
const findOutputs = '_sluice_outputs=$(readlink "/proc/$$/fd/1" "/proc/$$/fd/2" 2>/dev/null)';

/**
 * What keeps the user's script where the node has no perl: a shell of any kind, which has the script's command line as its
 * arguments. It does as `keep-script.ts` does, as far as a shell can:
 *
 * - A shell gives a death by signal N as status 128+N, the same as `exit 128+N`, so the script's parent is not this shell but a
 *   keeper, which passes over signals and waits in the foreground: such a shell says on stderr that a signal ended its command,
 *   though not of every signal (bash is silent about those that it traps and SIGTERM, both about SIGINT and SIGPIPE);
 *   of those a death is read only where that signal was the last handed on. What it passes over before it has a child,
 *   the child learns from the sentinel, of which it asks in the order in which a process dies: a signal is pending, then it
 *   exits (PF_EXITING, the 4 among the flags of proc(5), stat), then it is a zombie, then gone.
 * - SIGINT and SIGQUIT, which a shell makes its background commands ignore, are set back where env(1) can.
 * - Where a wait for the keeper was broken off by a signal, bash 5.2 may wait for ever the next time, though the keeper has
 *   gone, as long as any child lives: so the sentinel is ended first.
 */
export const keepScriptPlainly = (
  ownOutput: boolean,
): string => String.raw`_sluice_task=${"${SLURM_ARRAY_TASK_ID:+.$SLURM_ARRAY_TASK_ID}"}
_sluice_receipt=$_sluice_dir/exit$_sluice_task
_sluice_note=$_sluice_dir/.note$_sluice_task
rm -f "$_sluice_receipt" "$_sluice_note" "$_sluice_note.said"
${ownOutput ? "_sluice_outputs=" : findOutputs}
{
  printf 'job %s\n' "${"${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}"}" && { [ -z "$_sluice_outputs" ] || printf '%s\n' "$_sluice_outputs"; }
} >"$_sluice_note.start" && mv -f "$_sluice_note.start" "$_sluice_dir/start$_sluice_task"

if env --default-signal=INT,QUIT true 2>/dev/null; then
  _sluice_start() { exec env --default-signal=INT,QUIT sh -c 'exec "$0" "$@"' "$@"; }
else
  _sluice_start() { exec "$@"; }
fi
_sluice_keep() {
  _sluice_early=
  for _sluice_signal in HUP INT QUIT USR1 USR2 ALRM TERM; do
    trap "_sluice_early=$_sluice_signal" "$_sluice_signal"
  done
  _sluice_said=$_sluice_note.said
  { : >"$_sluice_said"; } 2>/dev/null || _sluice_said=/dev/null
  exec 4>&2 2>"$_sluice_said"
  (
    if _sluice_hit "$_sluice_sentinel"; then exec sh -c 'kill -s "${"${0:-TERM}"}" $$' "$_sluice_early"; fi
    exec 2>&4 4>&-
    _sluice_start "$@"
  )
  _sluice_status=$?
  if [ "$_sluice_status" -gt 128 ] && [ -s "$_sluice_said" ]; then
    echo "0:$((_sluice_status - 128))" >"$_sluice_note"
  else
    echo "$_sluice_status:0" >"$_sluice_note"
  fi
  exit "$_sluice_status"
}
_sluice_watch() {
  _sluice_start sleep 2147483647 </dev/null >/dev/null 2>&1 &
  _sluice_sentinel=$!
}
_sluice_alive() {
  { read -r _ _ _sluice_state _ _ _ _ _ _sluice_flags _ <"/proc/$1/stat"; } 2>/dev/null &&
    [ "$_sluice_state" != Z ] && [ "$((_sluice_flags & 4))" -eq 0 ]
}
_sluice_hit() {
  while read -r _sluice_key _sluice_value; do
    case $_sluice_key$_sluice_value in SigPnd:*[1-9a-f]* | ShdPnd:*[1-9a-f]*) return 0 ;; esac
  done 2>/dev/null <"/proc/$1/status"
  ! _sluice_alive "$1"
}
_sluice_hand_on() {
  while :; do
    _sluice_child=
    read -r _sluice_child _ 2>/dev/null <"/proc/$_sluice_keeper/task/$_sluice_keeper/children"
    if [ -n "$_sluice_child" ]; then break; fi
    _sluice_alive "$_sluice_keeper" || return 0
    sleep 0.05 2>/dev/null
  done
  kill -s "$1" "$_sluice_child" 2>/dev/null
}
_sluice_forward() {
  _sluice_last=$1
  sleep 0.05 2>/dev/null
  if _sluice_hit "$_sluice_sentinel"; then
    wait "$_sluice_sentinel" 2>/dev/null
    _sluice_watch
  else
    _sluice_hand_on "$1"
  fi
}

_sluice_last=
_sluice_watch
exec 3<&0
_sluice_keep "$@" <&3 3<&- &
_sluice_keeper=$!
exec 3<&-
for _sluice_signal in HUP INT QUIT USR1 USR2 ALRM TERM; do
  trap "_sluice_forward $_sluice_signal" "$_sluice_signal"
done

while :; do
  wait "$_sluice_keeper" 2>/dev/null
  _sluice_status=$?
  if ! kill -0 "$_sluice_keeper" 2>/dev/null; then break; fi
done
trap '' HUP INT QUIT USR1 USR2 ALRM TERM
{
  kill -s KILL "$_sluice_sentinel"
  wait "$_sluice_keeper"
  _sluice_again=$?
  wait "$_sluice_sentinel"
} 2>/dev/null
if [ "$_sluice_again" -ne 127 ]; then _sluice_status=$_sluice_again; fi

_sluice_death=
IFS=: read -r _sluice_noted _sluice_death 2>/dev/null <"$_sluice_note"
if [ -n "$_sluice_death" ]; then
  _sluice_status=$_sluice_noted
elif [ "$_sluice_status" -gt 128 ]; then
  _sluice_death=$((_sluice_status - 128))
else
  _sluice_death=0
fi
if [ "$_sluice_status" -gt 128 ] && [ "$(kill -l "$_sluice_status" 2>/dev/null)" = "$_sluice_last" ]; then
  _sluice_death=$((_sluice_status - 128))
fi
{
  printf 'job %s\nrestarts %s\nended %s\n' "${"${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}"}" "${"${SLURM_RESTART_COUNT:-0}"}" "$(date +%s)"
  if [ "$_sluice_death" -gt 0 ]; then printf 'exit 0:%s\n' "$_sluice_death"; else printf 'exit %s:0\n' "$_sluice_status"; fi
} >"$_sluice_receipt.new" && mv -f "$_sluice_receipt.new" "$_sluice_receipt"
rm -f "$_sluice_note" "$_sluice_note.said"

if [ "$_sluice_death" -gt 0 ]; then
  ulimit -c 0
  trap - HUP INT QUIT USR1 USR2 ALRM TERM
  kill -s "$_sluice_death" $$ 2>/dev/null || kill -"$_sluice_death" $$
fi
exit "$_sluice_status"
`;
