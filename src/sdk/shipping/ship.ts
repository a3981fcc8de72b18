import { existsSync } from "node:fs";
import { registeredTask } from "../define/registry.ts";
import type { TaskDefinition } from "../define/task-definition.ts";
import { isInJob } from "../in-job/in-job.ts";
import { bringNode } from "./bring-node.ts";
import { BundleFolder, hashOf } from "./bundle-folder.ts";
import { bundleTask, readBundle, type BundleOptions } from "./bundle-task.ts";
import { checkTask } from "./check-bundle.ts";
import { keepContent, type Content, type FileKeeper } from "./keep-content.ts";
import { packProject } from "./pack-project.ts";
import { readPackaging, type Packaging, type PackagingPlan } from "./packaging.ts";
import { projectOf } from "../define/project.ts";
import type { InstalledProject, NodeRuntime, ShippedCode } from "./shipped-code.ts";
import { sourceEntry } from "./source-entry.ts";

/** As `engines` of package.json: what jobs run on is what this package runs on. */
export const oldestNode = "22.18";

export interface ShipOptions {
  readonly backend: FileKeeper;
  /** Where Sluice keeps what is its own, on this machine. */
  readonly home: string;
  /** `bundle` where left out; in a workflow, `inherit`. */
  readonly packaging?: Packaging | null | undefined;
  /**
   * `system`: a Node of the nodes. `bundled`: the one that runs this process is brought. A path is that of one on the nodes. Where left
   * out it is `system`, and one is brought beside it to a cluster that is not of this machine, for where its nodes have none.
   */
  readonly node?: string | null | undefined;
  /** The code of the workflow that this process runs. */
  readonly inherited?: ShippedCode | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Shipped = Pick<TaskDefinition, "id" | "kind" | "module" | "place">;

/**
 * Brings the code of a task to a cluster, once for each content, after it was seen that it can be put together and has the task.
 *
 * Throws `BUNDLE_FAILED`, `TASK_LOAD_FAILED`, `TASK_NOT_REGISTERED`, `IN_JOB_SUBMIT`, `INPUT_INVALID` for packaging that is not
 * known, and what the cluster throws.
 */
export async function shipTask(definition: Shipped, options: ShipOptions): Promise<ShippedCode> {
  const { inherited } = options;
  const plan = readPackaging(options.packaging ?? (inherited === undefined ? "bundle" : "inherit"));
  if (plan.kind !== "inherit") return ship(definition, plan, options);
  // The workflow's own code defined it, in this process: the children find it there too.
  if (inherited !== undefined && isInJob() && registeredTask(definition.id) !== undefined) return inherited;
  return ship(definition, readPackaging("bundle"), options);
}

async function ship(definition: Shipped, plan: PackagingPlan, options: ShipOptions): Promise<ShippedCode> {
  const { backend, signal } = options;
  const made =
    plan.kind === "source" ? await makeSource(definition, options) : await makeBundle(definition, plan, options);
  const [entry, project] = await Promise.all([
    keepContent(backend, made, signal),
    plan.kind === "npm" ? keepProject(definition, options) : undefined,
  ]);
  return {
    packaging: plan.kind === "inherit" ? "bundle" : plan.kind,
    entry,
    sha256: made.sha256,
    runtime: await runtimeOf(entry, options),
    ...(plan.external.length > 0 && { packagesFrom: projectOf(definition.module) }),
    ...(project !== undefined && { project }),
    ...(plan.container !== undefined && { container: plan.container }),
  };
}

async function makeBundle(
  definition: Shipped,
  { kind, external }: PackagingPlan,
  options: ShipOptions,
): Promise<Content> {
  const { home, node, signal } = options;
  const target = node === "bundled" ? process.versions.node : oldestNode;
  const settings: BundleOptions = { home, target, external, installed: kind === "npm", signal };
  const bundle = await bundleTask(definition, settings);
  await checkTask(definition, bundle, { home, signal });
  return { sha256: bundle.sha256, read: () => readBundle(bundle, home) };
}

async function makeSource(definition: Shipped, { home, signal }: ShipOptions): Promise<Content> {
  const bytes = Buffer.from(sourceEntry(definition));
  const sha256 = hashOf(bytes);
  const folder = new BundleFolder(home);
  if (folder.readContent(sha256) === undefined) await folder.writeContent(bytes);
  await checkTask(definition, { sha256, project: projectOf(definition.module) }, { home, signal });
  return { sha256, read: async () => bytes };
}

async function keepProject({ module }: Shipped, { backend, signal }: ShipOptions): Promise<InstalledProject> {
  const { tarball, lockfile } = await packProject(projectOf(module), signal);
  const contents = [tarball, lockfile].map((bytes) => ({ sha256: hashOf(bytes), read: async () => bytes }));
  const [tarballPath = "", lockfilePath = ""] = await Promise.all(
    contents.map((content) => keepContent(backend, content, signal)),
  );
  return {
    tarball: tarballPath,
    lockfile: lockfilePath,
    sha256: hashOf(contents.map(({ sha256 }) => sha256).join("\n")),
  };
}

async function runtimeOf(entry: string, { backend, home, node, signal }: ShipOptions): Promise<NodeRuntime> {
  const oldest = oldestNode;
  if (node === "bundled") return { kind: "bundled", oldest, brought: await bringNode(backend, { home, signal }) };
  if (typeof node === "string" && node !== "system") return { kind: "path", oldest, path: node };
  // On a host that shares this one's files, what runs this process runs there too.
  const system = { kind: "system", oldest, otherwise: [process.execPath] } as const;
  if (node === "system" || existsSync(entry)) return system;
  return { ...system, brought: await bringNode(backend, { home, signal }) };
}
