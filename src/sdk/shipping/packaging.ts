import { SluiceError } from "../../errors.ts";
import type { ContainerWrap } from "./shipped-code.ts";

/**
 * How a task's code comes to the nodes:
 *
 * - `bundle`: one file with all that the task's module imports, put together by esbuild.
 * - `source`: nothing is put together; the nodes read the project's own files, on a file system that they share with this machine.
 * - `npm`: the project is packed, and installed by `npm ci` on the cluster, once for each content. For packages with native addons.
 * - `container:IMAGE`: a bundle, run in a container.
 * - `inherit`: a child of a workflow runs the workflow's own code, where that has the task.
 */
export type Packaging = "bundle" | "source" | "npm" | "inherit" | `container:${string}` | PackagingSettings;

export interface PackagingSettings {
  readonly kind: "bundle" | "source" | "npm" | "container" | "inherit";
  /** Packages that are left out of a bundle: the nodes have them. */
  readonly external?: readonly string[];
  /** The container's image: `ubuntu:24.04`, `registry:5000/team/image`, or the absolute path of an image file. */
  readonly image?: string;
  /** What the container sees beside the job's own folders: `HOST:CONTAINER`, `HOST:CONTAINER:ro`. */
  readonly mounts?: readonly string[];
  /** What runs the container; looked for on the node where left out. */
  readonly engine?: "pyxis" | "apptainer" | "podman";
}

/** Packaging in the one shape that shipping works with. */
export interface PackagingPlan {
  readonly kind: PackagingSettings["kind"];
  readonly external: readonly string[];
  readonly container?: ContainerWrap;
}

const kinds: readonly string[] = ["bundle", "source", "npm", "container", "inherit"];
const fields: readonly string[] = ["kind", "external", "image", "mounts", "engine"];
const engines: readonly string[] = ["pyxis", "apptainer", "podman"];

/** Reads packaging as a task's options or a Slurmfile give it. Throws `INPUT_INVALID` that names the field. */
export function readPackaging(given: unknown): PackagingPlan {
  if (typeof given === "string") {
    const [kind, image] = splitOnce(given, ":");
    if (kind === "container" || (image === undefined && kinds.includes(kind))) return plan({ kind, image });
    throw refused(
      "packaging",
      given,
      'takes "bundle", "source", "npm", "inherit" or "container:IMAGE", as "container:ubuntu:24.04"',
    );
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw refused("packaging", given, 'takes a kind, as "bundle", or an object as { kind: "bundle", external: [] }');
  }
  const unknown = Object.keys(given).find((name) => !fields.includes(name));
  if (unknown !== undefined)
    throw refused(`packaging.${unknown}`, unknown, `is not known; it has ${fields.join(", ")}`);
  return plan({ ...given });
}

function plan(given: Readonly<Record<string, unknown>>): PackagingPlan {
  const { kind, image, engine } = given;
  if (!isKind(kind)) throw refused("packaging.kind", kind, `is one of ${kinds.join(", ")}`);
  const external = texts("packaging.external", given["external"]);
  if (kind !== "container") {
    const lost = ["image", "mounts", "engine"].find((name) => given[name] !== undefined);
    if (lost !== undefined) throw refused(`packaging.${lost}`, given[lost], 'goes with kind "container" alone');
    return { kind, external };
  }
  // It becomes a word of a command: one that begins as an option would be read as one.
  if (typeof image !== "string" || !/^[A-Za-z0-9/._~@:#+-]+$/.test(image) || image.startsWith("-")) {
    throw refused("packaging.image", image, 'names an image, as "ubuntu:24.04" or "/images/train.sif"');
  }
  if (engine !== undefined && !isEngine(engine))
    throw refused("packaging.engine", engine, `is one of ${engines.join(", ")}`);
  const mounts = texts("packaging.mounts", given["mounts"]);
  const wrong = mounts.find((mount) => !/^\/[^:,\n]*:\/[^:,\n]*(:r[ow])?$/.test(mount));
  if (wrong !== undefined)
    throw refused("packaging.mounts", wrong, "takes HOST:CONTAINER or HOST:CONTAINER:ro, both absolute");
  return { kind, external, container: { image, mounts, ...(engine !== undefined && { engine }) } };
}

function texts(field: string, given: unknown): readonly string[] {
  if (given === undefined) return [];
  if (Array.isArray(given) && given.every((item) => typeof item === "string" && item !== "")) return given.map(String);
  throw refused(field, given, "takes a list of texts");
}

function isKind(value: unknown): value is PackagingPlan["kind"] {
  return typeof value === "string" && kinds.includes(value);
}

function isEngine(value: unknown): value is NonNullable<ContainerWrap["engine"]> {
  return typeof value === "string" && engines.includes(value);
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function refused(field: string, given: unknown, takes: string): SluiceError {
  return new SluiceError("INPUT_INVALID", `${field} ${takes}; it is ${JSON.stringify(given) ?? String(given)}`, {
    details: { field },
  });
}
