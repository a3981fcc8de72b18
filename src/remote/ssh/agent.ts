/**
 * What runs on the login node: one process that starts commands and does file work for as long as its standard input
 * stays open, and ends all that it started when that closes, or when nothing has come for a while, not even a ping.
 *
 * It is Perl, from 5.10 on, with modules of perl-base alone: of the interpreters that can wait for many processes at once
 * it is the one that a login node has, on a bare Debian or SLES too, where Python is not. It keeps no file.
 *
 * Each command, and each piece of file work, is a process group of its own with pipes of its own. File work is done in a
 * child as well, so that a file system that hangs holds up nothing else. Frames are described in `frame.ts`.
 */
export const agentText = String.raw`use strict;
use POSIX ();
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK O_RDONLY O_WRONLY O_CREAT O_EXCL O_NOFOLLOW O_DIRECTORY SEEK_SET);
use Errno qw(EINTR EAGAIN EIO EISDIR ENOTDIR);
use IO::Handle;

$0 = "sluice-agent";
my $home = $ENV{HOME};
$home = (getpwuid($<))[7] if !defined $home || $home eq "";
chdir $home or chdir "/";

my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());
my $grace = 0.5;     # seconds between SIGTERM and SIGKILL
my $silence = $ARGV[2];    # seconds without a word from Sluice, which pings more often, before all is given up
my $enough = 1 << 20;
my ($input, $output, $heard) = ("", "", now());
my %jobs;
pipe(my $failures, my $failure) or die "pipe: $!\n";

$SIG{PIPE} = "IGNORE";
$SIG{CHLD} = sub { };
$SIG{$_} = \&give_up for qw(TERM INT HUP);
unblock($_) for \*STDOUT, $failures;

# Seconds of a clock that nobody sets.
sub now { (POSIX::times())[0] / $ticks }
sub unblock { fcntl($_[0], F_SETFL, fcntl($_[0], F_GETFL, 0) | O_NONBLOCK) }
sub frame { my ($type, $id, $payload) = @_; $output .= pack("NNa1", length $payload, $id, $type) . $payload }
sub fields { pack "(N/a*)*", @_ }

sub signal_all {
  my ($signal) = @_;
  kill $signal, -$_->{pid} for values %jobs;
}

sub give_up {
  $SIG{$_} = "IGNORE" for qw(TERM INT HUP);
  signal_all("TERM");
  my $until = now() + $grace;
  while (now() < $until && grep { !defined $_->{status} } values %jobs) {
    reap($_) for values %jobs;
    select undef, undef, undef, 0.01;
  }
  signal_all("KILL");
  POSIX::_exit(0);
}

sub reap {
  my ($job) = @_;
  return if defined $job->{status};
  my $pid = waitpid $job->{pid}, POSIX::WNOHANG();
  $job->{status} = $pid == $job->{pid} ? $? : 0 if $pid != 0;
}

sub start {
  my ($id, $operation, $deadline, $bound, $input, $directory, $variables, @rest) = @_;
  my @changes = splice @rest, 0, $variables;
  my %job = (id => $id, deadline => now() + $deadline / 1000, bound => $bound, input => $input, why => 0, size => {});
  my ($in, $out, $err);
  my $ok = pipe($job{o}, $out) && pipe($job{e}, $err);
  $ok &&= $input eq "" ? open($in, "<", "/dev/null") : pipe($in, $job{i});
  $job{pid} = fork if $ok;
  return frame("F", $id, fields($! + 0, "$!", "")) if !$ok || !defined $job{pid};
  if ($job{pid} == 0) {
    setpgrp(0, 0);
    $SIG{$_} = "DEFAULT" for qw(PIPE CHLD TERM INT HUP);
    POSIX::dup2(fileno $in, 0);
    POSIX::dup2(fileno $out, 1);
    POSIX::dup2(fileno $err, 2);
    if ($operation ne "run") {
      # Whoever does not exec must let go of the pipes of others by hand.
      (%jobs, %job) = ();
      POSIX::_exit(work($operation, @rest));
    }
    my $at = "";
    if ($directory eq "" || ($at = $directory, chdir $directory)) {
      for (@changes) { /^([^=]+)=(.*)\z/s ? $ENV{$1} = $2 : delete $ENV{$_} }
      $at = "";
      exec { $rest[0] } @rest;
    }
    syswrite $failure, pack("NN/a*", $id, fields($! + 0, "$!", substr($at, 0, 3000)));
    POSIX::_exit(127);
  }
  setpgrp($job{pid}, $job{pid});
  unblock($_) for grep { defined } @job{qw(i o e)};
  $jobs{$id} = \%job;
}

# File work, in a child: data to standard output; errno and its words to standard error where it failed.
sub work {
  my ($operation, @arguments) = @_;
  my %operations = (read => \&read_file, write => \&write_file, mkdir => \&make_directory, list => \&list_directory);
  my $ok = $operations{$operation}->(@arguments);
  emit(\*STDERR, ($! + 0) . " $!") if !$ok;
  return $ok ? 0 : 1;
}

sub emit {
  my ($to, $data) = @_;
  my $done = 0;
  while ($done < length $data) {
    my $wrote = syswrite $to, $data, length($data) - $done, $done;
    next if !defined $wrote && $! == EINTR;
    return 0 if !defined $wrote;
    $done += $wrote;
  }
  return 1;
}

# Enters each folder from the one before, so that no link can lead elsewhere, whoever puts one there meanwhile.
sub enter {
  my ($folder, @names) = @_;
  chdir $folder or return 0;
  for (@names) {
    sysopen my $next, $_, O_RDONLY | O_DIRECTORY | O_NOFOLLOW or return 0;
    chdir $next or return 0;
  }
  return 1;
}

sub read_file {
  my ($path, $offset, $length, @way) = @_;
  my $flags = O_RDONLY | O_NONBLOCK;
  if (@way) {
    ($path, $flags) = (pop @way, $flags | O_NOFOLLOW);
    enter(@way) or return 0;
  }
  # Not "open", which would wait for the writer of a FIFO that a job put in the place of its output.
  sysopen my $file, $path, $flags or return 0;
  my $size = (stat $file)[7];
  if (-d _) { $! = EISDIR; return 0 }
  $length = $size - $offset if $length > $size - $offset;
  emit(\*STDOUT, "$size\n") or return 0;
  return 1 if $length <= 0;
  sysseek $file, $offset, SEEK_SET or return 0;
  while ($length > 0) {
    my $got = sysread $file, my $data, $length < 65536 ? $length : 65536;
    return 0 if !defined $got;
    return 1 if $got == 0;
    emit(\*STDOUT, $data) or return 0;
    $length -= $got;
  }
  return 1;
}

# One part of a file; with the last one the whole takes its place.
sub write_file {
  my ($path, $temporary, $mode, $length, $offset, $which) = @_;
  sysopen my $file, $temporary, O_WRONLY | ($offset == 0 ? O_CREAT | O_EXCL : 0), $mode or return 0;
  $SIG{TERM} = sub { unlink $temporary; POSIX::_exit(1) };
  my $ok = chmod($mode, $file) && sysseek $file, $offset, SEEK_SET;
  while ($ok && $length > 0) {
    my $got = sysread STDIN, my $data, 65536;
    next if !defined $got && $! == EINTR;
    $! = EIO if defined $got && $got == 0;
    $ok = $got && emit($file, $data);
    $length -= $got if $ok;
  }
  $ok &&= $which eq "more" ? close $file : $file->sync && close $file && rename $temporary, $path;
  return 1 if $ok;
  my $why = $! + 0;
  unlink $temporary;
  $! = $why;
  return 0;
}

sub make_directory {
  my ($path, $mode) = @_;
  my $parents = "";
  while ($path =~ m{\G(/*[^/]+)(?=/+[^/])}g) {
    $parents .= $1;
    next if mkdir $parents, $mode or -d $parents;
    $! = ENOTDIR if -e _;
    return 0;
  }
  return mkdir $path, $mode;
}

sub list_directory {
  my ($path) = @_;
  opendir my $folder, $path or return 0;
  return emit(\*STDOUT, join "", map { "$_\0" } grep { $_ ne "." && $_ ne ".." } readdir $folder);
}

sub end {
  my ($job, $why) = @_;
  return if $job->{why};
  $job->{why} = $why;
  $job->{kill} = now() + $grace;
  kill "TERM", -$job->{pid};
}

sub drain {
  my ($job, $stream) = @_;
  my $got = sysread $job->{$stream}, my $data, 65536;
  return if !defined $got && ($! == EINTR || $! == EAGAIN);
  return delete $job->{$stream} if !$got;
  $job->{size}{$stream} += $got;
  return end($job, 2) if $job->{size}{$stream} > $job->{bound};
  frame($stream, $job->{id}, $data) if !$job->{why};
}

sub feed {
  my ($job) = @_;
  my $wrote = syswrite $job->{i}, $job->{input}, 65536;
  return if !defined $wrote && ($! == EINTR || $! == EAGAIN);
  substr($job->{input}, 0, $wrote) = "" if defined $wrote;
  delete $job->{i} if !defined $wrote || $job->{input} eq "";
}

# Done when the process has ended and both of its streams have; after SIGKILL nothing is waited for but the process.
sub settle {
  my ($job) = @_;
  if ($job->{kill} && now() >= $job->{kill} && !$job->{killed}) {
    kill "KILL", -$job->{pid};
    $job->{killed} = 1;
  }
  $job->{closed} = !$job->{o} && !$job->{e};
  reap($job) if $job->{closed} || $job->{killed};
  return if !defined $job->{status} || !($job->{closed} || $job->{killed});
  kill "KILL", -$job->{pid} if $job->{why};
  delete $jobs{$job->{id}};
  my $failed = $job->{failed};
  return frame("F", $job->{id}, $failed) if defined $failed;
  my $signal = $job->{status} & 127;
  frame("X", $job->{id}, fields($signal ? 128 + $signal : $job->{status} >> 8, $job->{why}));
}

sub note_failures {
  my $data = "";
  1 while sysread $failures, $data, 4096, length $data;
  while (length $data) {
    my ($id, $words) = unpack "NN/a*", $data;
    substr($data, 0, 8 + length $words) = "";
    $jobs{$id}{failed} = $words if $jobs{$id};
  }
}

sub take {
  my $got = sysread STDIN, $input, 262144, length $input;
  return if !defined $got && ($! == EINTR || $! == EAGAIN);
  give_up() if !$got;
  $heard = now();
  while (length $input >= 9) {
    my ($length, $id, $type) = unpack "NNa1", $input;
    last if length($input) < 9 + $length;
    my $payload = substr $input, 9, $length;
    substr($input, 0, 9 + $length) = "";
    if ($type eq "R") { start($id, unpack "(N/a*)*", $payload) }
    elsif ($type eq "K") { end($jobs{$id}, 3) if $jobs{$id} }
    elsif ($type eq "P") { frame("P", $id, "") }
    else { give_up() }
  }
}

frame("H", 0, fields($home, map { "$_=$ENV{$_}" } sort keys %ENV));
while (1) {
  my ($readable, $writable, $wait) = ("", "", $heard + $silence - now());
  vec($readable, 0, 1) = 1;
  vec($writable, 1, 1) = 1 if $output ne "";
  for my $job (values %jobs) {
    # What Sluice has not taken yet holds the commands back, so that the output of all of them stays bounded here.
    if (length $output < $enough) { vec($readable, fileno $_, 1) = 1 for grep { defined } @$job{qw(o e)} }
    vec($writable, fileno $job->{i}, 1) = 1 if $job->{i};
    my $due = $job->{killed} || $job->{closed} ? now() + 0.005 : $job->{kill} || $job->{deadline};
    $wait = $due - now() if $due - now() < $wait;
  }
  my $ready = select $readable, $writable, undef, $wait < 0 ? 0 : $wait;
  give_up() if now() - $heard > $silence;
  if ($ready > 0) {
    take() if vec $readable, 0, 1;
    for my $job (values %jobs) {
      for my $stream (qw(o e)) {
        drain($job, $stream) if $job->{$stream} && vec $readable, fileno $job->{$stream}, 1;
      }
      feed($job) if $job->{i} && vec $writable, fileno $job->{i}, 1;
    }
  }
  note_failures();
  for my $job (values %jobs) {
    end($job, 1) if now() >= $job->{deadline};
    settle($job);
  }
  if ($output ne "") {
    my $wrote = syswrite STDOUT, $output;
    if (defined $wrote) { substr($output, 0, $wrote) = "" }
    elsif ($! != EINTR && $! != EAGAIN) { give_up() }
  }
}
`;
