import { dirname } from "node:path/posix";
import { quote } from "../../schema/quote.ts";
import type { BroughtNode, NodeRuntime } from "./shipped-code.ts";

/** Environment modules by which sites offer Node. */
const moduleNames = ["nodejs", "NodeJS", "node", "nodejs/24", "nodejs/22"];

/** Where a Node that was brought is unpacked: below the cluster's base folder, beside the kept files. */
export function unpackedNode({ path, version, machine, sha256 }: BroughtNode): string {
  return `${dirname(dirname(path))}/runtimes/node-${version}-${machine}-${sha256.slice(0, 12)}/node`;
}

/** Lines of sh that set `sluice_node` to a Node that is new enough, or end the script with 127 and say what to do. */
export function findNodeLines(runtime: NodeRuntime): readonly string[] {
  const [major = "0", minor = "0"] = runtime.oldest.split(".");
  return [
    "sluice_node=",
    "sluice_is_new_enough() {",
    "  local version major minor",
    '  version=$("$1" --version 2>/dev/null) && version=${version#v} || return 1',
    "  major=${version%%.*} minor=${version#*.} minor=${minor%%.*}",
    `  [ "$major" -gt ${major} ] 2>/dev/null || { [ "$major" -eq ${major} ] && [ "$minor" -ge ${minor} ]; } 2>/dev/null`,
    "}",
    ...failLines(runtime.oldest),
    ...linesOf(runtime),
  ];
}

function failLines(oldest: string): readonly string[] {
  return [
    "sluice_no_node() {",
    `  echo "sluice: cannot find Node ${oldest} or newer on $(uname -n): $1" >&2`,
    "  exit 127",
    "}",
  ];
}

function linesOf(runtime: NodeRuntime): readonly string[] {
  switch (runtime.kind) {
    case "path":
      return [
        `sluice_node=${quote(runtime.path)}`,
        `sluice_is_new_enough "$sluice_node" || sluice_no_node "$sluice_node, which the task's node option names, is not one"`,
      ];
    case "bundled":
      return [...unpackNodeLines(runtime.brought), 'sluice_unpack || sluice_no_node "$sluice_why"'];
    case "system":
      return systemLines(runtime);
    default:
      return runtime satisfies never;
  }
}

function systemLines({ otherwise, brought }: Extract<NodeRuntime, { kind: "system" }>): readonly string[] {
  const remedy =
    'load a module in the task\'s setup, name one as node: \\"/path/of/node\\", or bring this machine\'s: node: \\"bundled\\"';
  return [
    "sluice_on_path() {",
    '  sluice_node=$(command -v node) && sluice_is_new_enough "$sluice_node"',
    "}",
    "# One task of an array leaves a link for those that come after it on the same host.",
    "sluice_link=${SLURM_ARRAY_TASK_ID:+$dir/.node/${SLURMD_NODENAME:-here}/node}",
    "sluice_leave_link() {",
    '  [ -z "$sluice_link" ] || { mkdir -p "${sluice_link%/*}" && ln -s "$sluice_node" "$sluice_link"; } 2>/dev/null || true',
    "}",
    "sluice_find_node() {",
    "  local name",
    '  if [ -n "$sluice_link" ] && [ -x "$sluice_link" ]; then',
    "    sluice_node=$sluice_link",
    "    return",
    "  fi",
    "  sluice_on_path && sluice_leave_link && return",
    "  # Modules are what bash may have from where the job was submitted.",
    '  [ -n "${BASH_VERSION-}" ] || exec /bin/bash "$0"',
    "  for name in lmod z00_lmod modules; do",
    "    declare -F module >/dev/null && break",
    '    [ -r "/etc/profile.d/$name.sh" ] && . "/etc/profile.d/$name.sh"',
    "  done",
    // What a module sets beside the PATH may be needed too, so each task loads it.
    `  declare -F module >/dev/null && for name in ${moduleNames.join(" ")}; do`,
    '    module load "$name" >/dev/null 2>&1 || continue',
    "    sluice_on_path && return",
    '    module unload "$name" >/dev/null 2>&1',
    "  done",
    ...(otherwise.length === 0
      ? []
      : [
          `  for sluice_node in ${otherwise.map(quote).join(" ")}; do`,
          '    sluice_is_new_enough "$sluice_node" && sluice_leave_link && return',
          "  done",
        ]),
    "  return 1",
    "}",
    ...(brought === undefined
      ? [`sluice_find_node || sluice_no_node "${remedy}"`]
      : [...unpackNodeLines(brought), 'sluice_find_node || sluice_unpack || sluice_no_node "$sluice_why"']),
  ];
}

/**
 * Lines of sh that define `sluice_unpack`, which sets `sluice_node`, or `sluice_why` where it fails. Several that unpack at
 * once do not hinder one another: each moves a whole file into place.
 */
export function unpackNodeLines(brought: BroughtNode): readonly string[] {
  const target = unpackedNode(brought);
  return [
    "sluice_why=",
    "sluice_unpack() {",
    "  local part words",
    `  sluice_node=${quote(target)}`,
    `  if [ "$(uname -m)" != ${brought.machine} ]; then`,
    `    sluice_why="the one that was brought is for ${brought.machine}, and this is $(uname -m)"`,
    "    return 1",
    "  fi",
    '  if ! [ -x "$sluice_node" ]; then',
    '    part="$sluice_node.$(uname -n).$$"',
    `    if ! words=$({ mkdir -p ${quote(dirname(target))} && gzip -dc < ${quote(brought.path)} > "$part" && chmod 700 "$part" && mv -f "$part" "$sluice_node"; } 2>&1); then`,
    '      rm -f "$part"',
    '      sluice_why="the one that was brought cannot be unpacked: $words"',
    "      return 1",
    "    fi",
    "  fi",
    '  words=$("$sluice_node" --version 2>&1) && return',
    '  sluice_why="the one that was brought does not run here: $words"',
    "  return 1",
    "}",
  ];
}
