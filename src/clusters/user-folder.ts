import { SluiceError } from "../errors.ts";
import type { Command } from "../schema/command.ts";

/**
 * Makes the folder that a user's jobs are kept in, and looks whether this is the user, and whether nobody else could put a
 * script into the place of a job's: the folder is the user's, those above it are the user's or root's, and others may not write
 * to them (or not rename what is not theirs, where they are sticky). So does sshd with keys (sshd_config(5), StrictModes).
 *
 * Prints what is wrong. Of `ls -ldn` the mode's letters and the owner's uid are read.
 */
const script = String.raw`user=$1 base=$2 me=$(id -u)
if [ "$me" != "$(id -u -- "$user")" ]; then echo "it would be $(id -un)"; exit; fi
if [ "$me" = 0 ] && [ "$user" != root ]; then echo "$user has the uid of root"; exit; fi
if ! [ -d "$base" ]; then mkdir -p -m 0700 -- "$base" || exit 1; fi
cd -P -- "$base" || exit 1
path=$(pwd -P)
own=yes fault=
while :; do
  set -- $(LC_ALL=C ls -ldn -- "$path")
  case $1 in ?????-??-*) ;; ?????????[tT]*) [ $own = no ] || fault=open ;; *) fault=open ;; esac
  if [ "$3" != "$me" ] && { [ $own = yes ] || [ "$3" != 0 ]; }; then fault=other; fi
  case $fault in
    open) echo "others may write to $path"; exit ;;
    other) echo "$path belongs to another user, with uid $3"; exit ;;
  esac
  [ "$path" != / ] || exit 0
  path=${"${path%/*}"}
  path=${"${path:-/}"}
  own=no
done
`;

/** As that user, on the host where the user's jobs are submitted. Throws `CONFIG_INVALID` with what is wrong. */
export function prepareUserFolder(user: string, base: string): Command<void> {
  return {
    argv: ["sh", "-c", script, "sluice-folder", user, base],
    parse({ stdout, stderr, exitCode }) {
      const problem = stdout.trim() || (exitCode === 0 ? "" : stderr.trim() || `the look at it ended with ${exitCode}`);
      if (problem === "") return;
      throw new SluiceError("CONFIG_INVALID", `jobs cannot be run as ${user} from the folder ${base}: ${problem}`, {
        details: { user, path: base },
      });
    },
  };
}
