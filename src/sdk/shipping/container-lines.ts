import { quote, quoteAll } from "../../schema/quote.ts";
import { unpackedNode, unpackNodeLines } from "./node-lines.ts";
import type { ContainerWrap, NodeRuntime } from "./shipped-code.ts";

export interface InContainer {
  readonly runtime: NodeRuntime;
  /** The cluster's base folder, where the kept files are. */
  readonly base: string;
  /** Node's. */
  readonly flags: readonly string[];
  readonly srun: boolean;
}

/**
 * Lines of bash that set `sluice_start` to a command that runs the code in a container: by Pyxis where srun has it, else by
 * apptainer (or singularity), else by podman. End the script with 127 where there is none of them.
 *
 * The container sees the jobs' folders, the kept files and the working directory under their own names.
 */
export function containerLines(
  { image, mounts, engine }: ContainerWrap,
  { runtime, base, flags, srun }: InContainer,
): readonly string[] {
  const brought = runtime.kind === "path" ? undefined : runtime.brought;
  return [
    "sluice_mounts=()",
    "sluice_mount() {",
    "  local mounted",
    "  case $1 in / | *[:,]*) return ;; esac",
    '  for mounted in "${sluice_mounts[@]}"; do',
    '    [[ $1 == "${mounted%%:*}" || $1 == "${mounted%%:*}"/* ]] && return',
    "  done",
    '  sluice_mounts+=("$1:$1")',
    "}",
    `sluice_mount ${quote(base)}`,
    'sluice_mount "${dir%/*}"',
    'sluice_mount "$PWD"',
    ...mounts.map((mount) => `sluice_mounts+=(${quote(mount)})`),
    // Whether it runs in the container is seen there.
    ...(brought === undefined ? [] : [...unpackNodeLines(brought), "sluice_unpack"]),
    `sluice_inside=(sh -c ${quote(insideScript(runtime))} sluice ${quoteAll(flags)} "$sluice_code")`,
    ...engineLines(engine),
    "case $sluice_engine in",
    "  pyxis)",
    `    sluice_start=(srun${srun ? "" : " --nodes=1 --ntasks=1"} --container-image=${quote(enrootImage(image))}`,
    '      --container-mounts="$(IFS=,; echo "${sluice_mounts[*]}")" --container-workdir="$PWD" "${sluice_inside[@]}")',
    "    ;;",
    "  apptainer | singularity)",
    `    sluice_start=(${srun ? "srun " : ""}"$sluice_engine" exec --bind "$(IFS=,; echo "\${sluice_mounts[*]}")" --pwd "$PWD")`,
    "    [ -e /dev/nvidiactl ] && sluice_start+=(--nv)",
    `    sluice_start+=(${quote(apptainerImage(image))} "\${sluice_inside[@]}")`,
    "    ;;",
    "  podman)",
    `    sluice_start=(${srun ? "srun " : ""}podman run --rm --network=host --ipc=host --security-opt=label=disable)`,
    // With crun its processes stay in the job's own control group, so that the job's limits and its end reach them.
    "    [[ $(podman info --format '{{.Host.OCIRuntime.Name}}') == crun ]] && sluice_start+=(--cgroups=disabled)",
    '    for sluice_word in "${sluice_mounts[@]}"; do sluice_start+=(--volume "$sluice_word"); done',
    "    for sluice_word in $(compgen -e); do",
    "      case $sluice_word in",
    "        PATH | HOME | HOSTNAME | LD_* | OLDPWD | PWD | SHELL | SHLVL | TMPDIR | USER | XDG_* | _) ;;",
    '        *) sluice_start+=(--env "$sluice_word") ;;',
    "      esac",
    "    done",
    "    [ -e /etc/cdi/nvidia.yaml ] || [ -e /var/run/cdi/nvidia.yaml ] && sluice_start+=(--device nvidia.com/gpu=all)",
    `    sluice_image=${quote(image)}`,
    `    podman image exists "$sluice_image" || sluice_image=${quote(podmanImage(image))}`,
    '    sluice_start+=(--workdir "$PWD" --entrypoint sh "$sluice_image" "${sluice_inside[@]:1}")',
    "    ;;",
    "esac",
  ];
}

function engineLines(engine: ContainerWrap["engine"]): readonly string[] {
  if (engine !== undefined) return [`sluice_engine=${engine}`];
  return [
    "if srun --help 2>/dev/null | grep -q -e --container-image; then",
    "  sluice_engine=pyxis",
    "else",
    "  for sluice_engine in apptainer singularity podman ''; do",
    '    command -v "$sluice_engine" >/dev/null && break',
    "  done",
    "fi",
    'if [ -z "$sluice_engine" ]; then',
    '  echo "sluice: $(uname -n) can run no container: it has neither Pyxis nor apptainer nor podman" >&2',
    "  exit 127",
    "fi",
  ];
}

/** What runs in the container, by its `sh`: `$@` are Node's arguments. */
function insideScript(runtime: NodeRuntime): string {
  const [major = "0", minor = "0"] = runtime.oldest.split(".");
  const brought = runtime.kind === "path" ? undefined : runtime.brought;
  const candidates = [
    ...(runtime.kind === "path" ? [runtime.path] : []),
    ...(runtime.kind === "system" ? ["node"] : []),
    ...(brought === undefined ? [] : [unpackedNode(brought)]),
  ];
  return [
    `for node in ${quoteAll(candidates)}; do`,
    '  version=$("$node" --version 2>/dev/null) || continue',
    "  version=${version#v} major=${version%%.*} minor=${version#*.} minor=${minor%%.*}",
    `  if [ "$major" -gt ${major} ] || { [ "$major" -eq ${major} ] && [ "$minor" -ge ${minor} ]; }; then exec "$node" "$@"; fi`,
    "done",
    `echo "sluice: cannot find Node ${runtime.oldest} or newer in the container: use an image that has it, or bring this machine's: node: \\"bundled\\"" >&2`,
    "exit 127",
  ].join("\n");
}

/** As Pyxis takes it: `registry:5000#team/image`. A name without a registry, and the path of an image file, stay as they are. */
export function enrootImage(image: string): string {
  const named = image.replace(/^docker:\/\//, "");
  if (isFile(named) || named.includes("#")) return named;
  const slash = named.indexOf("/");
  return hasRegistry(named) ? `${named.slice(0, slash)}#${named.slice(slash + 1)}` : named;
}

/** As apptainer takes it: `docker://…`, or the path of an image file. */
export function apptainerImage(image: string): string {
  return isFile(image) || /^[a-z-]+:\/\//.test(image) ? image : `docker://${image.replace("#", "/")}`;
}

/** As podman takes it where it has no image of the name as it was given: with its registry. */
export function podmanImage(image: string): string {
  const named = image.replace(/^docker:\/\//, "").replace("#", "/");
  if (isFile(named) || hasRegistry(named)) return named;
  return named.includes("/") ? `docker.io/${named}` : `docker.io/library/${named}`;
}

function isFile(image: string): boolean {
  return image.startsWith("/") || image.startsWith(".");
}

/** As docker tells a registry from the first part of a path: by a dot, by a port, or as localhost. */
function hasRegistry(image: string): boolean {
  const [first = "", ...rest] = image.split("/");
  return rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
}
