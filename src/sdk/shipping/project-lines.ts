import { dirname } from "node:path/posix";
import { quote } from "../../schema/quote.ts";
import type { InstalledProject } from "./shipped-code.ts";

/** How long a job waits for another that installs the same project, before it installs it itself. */
const waitSeconds = 900;

/**
 * Lines of bash that install a packed project beside the kept files and set `sluice_project` to its folder, or end the script.
 * Once for each content: what is installed is moved into place whole, so a folder of that name is complete. The lock is the
 * kernel's, which gives it back when its holder dies; where a file system has none, jobs install beside each other, and the first wins.
 */
export function installLines({ tarball, lockfile, sha256 }: InstalledProject): readonly string[] {
  const folder = `${dirname(dirname(tarball))}/projects/${sha256}`;
  return [
    `sluice_project=${quote(folder)}`,
    "sluice_install() {",
    "  local part",
    '  [ -d "$sluice_project" ] && return',
    `  part=$(mktemp -d "$sluice_project.XXXXXX") || return`,
    `  tar -xzf ${quote(tarball)} --strip-components=1 -C "$part" && cp ${quote(lockfile)} "$part/package-lock.json" &&`,
    '    (cd "$part" && PATH="${sluice_node%/*}:$PATH" npm ci --omit=dev --no-audit --no-fund --loglevel=error) >&2 &&',
    '    { mv -T "$part" "$sluice_project" 2>/dev/null || [ -d "$sluice_project" ]; } || { rm -rf "$part"; return 1; }',
    '  rm -rf "$part"',
    "}",
    'if ! [ -d "$sluice_project" ]; then',
    '  mkdir -p "${sluice_project%/*}"',
    `  { flock -w ${waitSeconds} 9; sluice_install; } 9> "$sluice_project.lock" || {`,
    `    echo "sluice: the project cannot be installed on $(uname -n) by npm ci; its words are above" >&2`,
    "    exit 69",
    "  }",
    "fi",
  ];
}
