/**
 * What keeps the user's script where the node has perl: the program for `perl -e`, which gets the job's folder, whether output
 * goes to files of that folder, and the script's command line. It takes the place of the batch shell, so signals of Slurm
 * reach it. Single quotes may not stand in it.
 *
 * - The script and the sentinel are begun while every signal still ends this process, and the script goes ahead only once
 *   none does: whatever comes before ends all of them, or this one, and then the script never begins.
 * - Handlers of perl run between its own operations, and within waitpid, which goes on after them. One that comes during
 *   another only leaves its signal for that one.
 * - What waitpid(2) says tells a death by signal N from `exit 128+N`.
 * - A receipt is written whole or not at all; on a full disk there is none.
 */
export const keepScript = String.raw`
my ($folder, $own, @script) = @ARGV;
my @signals = qw(HUP INT QUIT USR1 USR2 ALRM TERM);
my $task = length($ENV{SLURM_ARRAY_TASK_ID}) ? ".$ENV{SLURM_ARRAY_TASK_ID}" : "";
my $job = $ENV{SLURM_ARRAY_JOB_ID} || $ENV{SLURM_JOB_ID};
my ($script, $sentinel, $ended, $busy, @waiting);

sub leave {
  my ($path, $text) = @_;
  open my $file, ">", "$path.new" or return;
  print $file $text;
  if (close $file) { rename "$path.new", $path } else { unlink "$path.new" }
}
sub watch {
  my $process = fork;
  return $process if $process or not defined $process;
  $SIG{$_} = "DEFAULT" for @signals;
  open STDIN, "<", "/dev/null";
  open STDOUT, ">", "/dev/null";
  open STDERR, ">", "/dev/null";
  sleep 2147483647 while 1;
}
sub fail {
  kill "KILL", $sentinel if $sentinel;
  print STDERR "sluice: $_[0]: $!\n";
  exit 127;
}
sub hit {
  return 0 unless $sentinel;
  return 1 if waitpid($sentinel, 1) != 0;
  open my $status, "<", "/proc/$sentinel/status" or return 1;
  return scalar grep { /^S(?:ig|hd)Pnd:\s*0*[1-9a-f]/ } <$status>;
}
sub forward {
  push @waiting, shift;
  return if $busy;
  $busy = 1;
  local ($?, $!);
  while (defined(my $signal = shift @waiting)) {
    my ($found, $left) = (-1, 0.05);
    ($found, $left) = select undef, undef, undef, $left while $found != 0 and $left > 0;
    last if $ended;
    if (hit()) { waitpid $sentinel, 0; $sentinel = watch() } else { kill $signal, $script }
  }
  $busy = 0;
}

$SIG{CHLD} = "DEFAULT";
unlink "$folder/exit$task";
my @outputs = $own ? () : grep { defined } map { readlink "/proc/$$/fd/$_" } 1, 2;
leave("$folder/start$task", join "", map { "$_\n" } "job $job", @outputs);

$sentinel = watch();
pipe(my $ready, my $tell) or fail("no pipe");
$script = fork;
fail("no process for the script") unless defined $script;
if ($script == 0) {
  close $tell;
  exit 127 unless sysread $ready, my $word, 1;
  exec { $script[0] } @script;
  print STDERR "sluice: $script[0] cannot be run: $!\n";
  exit 127;
}
$SIG{$_} = \&forward for @signals;
close $ready;
syswrite $tell, "1";
close $tell;

1 while waitpid($script, 0) == -1 && $! == 4;
my ($status, $death) = ($? >> 8, $? & 127);
$ended = 1;
$SIG{$_} = "IGNORE" for @signals;
if ($sentinel) { kill "KILL", $sentinel; waitpid $sentinel, 0 }
leave("$folder/exit$task", sprintf "job %s\nrestarts %s\nended %s\nexit %s\n",
  $job, $ENV{SLURM_RESTART_COUNT} || 0, time, $death ? "0:$death" : "$status:0");
if ($death) {
  $SIG{$_} = "DEFAULT" for @signals;
  exec "/bin/sh", "-c", q(ulimit -c 0; kill -s "$0" $$ 2>/dev/null || kill -"$0" $$), $death;
}
exit $status;
`;
