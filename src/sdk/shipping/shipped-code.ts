/** How the code of a task comes to the node that runs it. */
export type PackagingKind = "bundle" | "source" | "npm" | "container";

/**
 * Code that a cluster has, and what a job's script must do to start it: plain data, so that it can travel in a call's header,
 * and the children of a workflow be started as the workflow was (`inherit`). `startLines` puts it into bash.
 */
export interface ShippedCode {
  readonly packaging: PackagingKind;
  /** A module, kept on the cluster by its content: the absolute path that `keepFile` gave. It runs as `node <entry> <job folder>`. */
  readonly entry: string;
  /** SHA-256 of that module, in hex. */
  readonly sha256: string;
  readonly runtime: NodeRuntime;
  /** Folder of the project on the machine that submits, where packages that were left out are looked for. */
  readonly packagesFrom?: string;
  /** `npm`: what has to be installed before, and where the module runs then. */
  readonly project?: InstalledProject;
  /** `container`: what the command is run in. */
  readonly container?: ContainerWrap;
}

/** Which Node runs the code. `oldest` is a version as `22.18`. */
export type NodeRuntime =
  /** The one on the node's PATH, from an environment module, or at one of `otherwise`; then `brought`, where there is one. */
  | {
      readonly kind: "system";
      readonly oldest: string;
      readonly otherwise: readonly string[];
      readonly brought?: BroughtNode;
    }
  /** One that was kept on the cluster. */
  | { readonly kind: "bundled"; readonly oldest: string; readonly brought: BroughtNode }
  /** At this absolute path on the node (in the container, where there is one). */
  | { readonly kind: "path"; readonly oldest: string; readonly path: string };

/** A Node that is kept on the cluster, packed by gzip. */
export interface BroughtNode {
  readonly path: string;
  readonly sha256: string;
  /** As `24.21.0`. */
  readonly version: string;
  /** As `uname -m` says it: `x86_64`, `aarch64`, … */
  readonly machine: string;
}

/** A packed npm project and its lockfile, both kept on the cluster. */
export interface InstalledProject {
  readonly tarball: string;
  readonly lockfile: string;
  /** Names what is installed, by content: a folder beside the kept files. */
  readonly sha256: string;
}

export interface ContainerWrap {
  /** As the user named it: `ubuntu:24.04`, `registry:5000/team/image`, or the absolute path of an image file. */
  readonly image: string;
  /** More mounts, as `HOST:CONTAINER[:ro]`. The job's folder, the kept files and the working directory are mounted anyway. */
  readonly mounts: readonly string[];
  /** What runs it; looked for on the node where left out. */
  readonly engine?: "pyxis" | "apptainer" | "podman";
}
