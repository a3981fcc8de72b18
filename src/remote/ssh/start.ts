import type { SluiceError } from "../../errors.ts";
import type { SshDestination } from "../../schema/ssh-destination.ts";
import type { UnixAccount } from "../../schema/unix-account.ts";
import { sshArguments } from "./command-line.ts";
import { explainSshEnd, lastWords, unreachable } from "./failure.ts";

/** Another Unix user of this host, as whom a channel's agent runs; this process is root then. */
export interface UserHere {
  /** For people. */
  readonly host: string;
  readonly as: UnixAccount;
}

/** Where the far end of a channel is. */
export type Destination = SshDestination | UserHere;

/** How the shell at the far end is started, which reads its first line on standard input. */
export interface Start {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** Variables of this process that say how this host is, and nothing of who started it. */
const ofThisHost = ["PATH", "SLURM_CONF", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "TZ"] as const;

/** What this process was started with, such as an open file of its parent's, is not for the user: it is closed before anything else. */
const closeFirst = String.raw`use POSIX ();
opendir my $open, "/proc/self/fd" or die "/proc/self/fd: $!
";
POSIX::close($_) for grep { /^\d+\z/ && $_ > 2 && $_ != fileno $open } readdir $open;
exec { $ARGV[0] } @ARGV or die "$ARGV[0] cannot be started: $!
"`;

export function startOf(destination: Destination, env: Start["env"]): Start {
  return "as" in destination ? startHere(destination.as, env) : { argv: ["ssh", ...sshArguments(destination)], env };
}

/**
 * A shell as that user, with all of the user's groups, none of root's capabilities, and an environment that holds nothing of
 * this process's own. No start-up file is read: setpriv(1), sh(1) without -l. The caller gives it a session of its own, so
 * that it has no terminal of ours.
 */
function startHere({ name, uid, gid, home, shell }: UnixAccount, env: Start["env"]): Start {
  return {
    argv: [
      "perl",
      "-e",
      closeFirst,
      "setpriv",
      `--reuid=${uid}`,
      `--regid=${gid}`,
      "--init-groups",
      "--inh-caps=-all",
      "--",
      "/bin/sh",
    ],
    env: {
      ...Object.fromEntries(ofThisHost.map((variable) => [variable, env[variable]])),
      HOME: home,
      SHELL: shell,
      USER: name,
      LOGNAME: name,
    },
    cwd: "/",
  };
}

/** Why a far end ended before it was ready, from what was said on standard error. */
export function explainEnd(destination: Destination, said: string): SluiceError {
  if (!("as" in destination)) return explainSshEnd(destination, said);
  const words = lastWords(said);
  return unreachable(
    destination,
    "ended",
    `nothing can be run as ${destination.as.name} on this machine${words === "" ? "" : `: ${words}`}`,
  );
}
