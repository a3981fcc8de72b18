import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import { driverChoices, type LauncherDeps } from "../../launcher/clusters.ts";
import { readSpecYaml } from "../../launcher/cluster-yaml.ts";
import { createCluster, designCluster, type Created, type CreateRequest } from "../../launcher/create.ts";
import type { ClusterNetwork } from "../../launcher/cluster-network.ts";
import { checkClusterName, specFromOptions } from "../../launcher/create-options.ts";
import type { Design, ServiceName } from "../../launcher/driver.ts";
import { defaultClusterName } from "../../launcher/nearest-cluster.ts";
import { clusterStatus } from "../../launcher/status.ts";
import type { ClusterRecord } from "../../schema/cluster-record.ts";
import { gpuEnvs, type ClusterSpec } from "../../schema/cluster-spec.ts";
import type { Context } from "../command.ts";
import type { CreateOptions } from "./create.ts";
import { openLauncher, print, progressOf } from "./launcher.ts";

export async function create(context: Context, options: CreateOptions): Promise<void> {
  const spec = await specOf(context, options);
  const deps = await openLauncher(context, options);
  const request = requestOf(context, deps, options, spec);
  if (options.dryRun === true) {
    const design = await designCluster(deps, request);
    print(context, options.json, dryRunJson(design), dryRunText(design));
    return;
  }
  const began = performance.now();
  const created = await createCluster(deps, request);
  const took = (performance.now() - began) / 1000;
  if (options.json !== true && options.quiet !== true) {
    for (const note of created.design.notes) context.io.err(`note: ${note}\n`);
  }
  const json = options.json === true ? await createdJson(context, deps, created, took) : undefined;
  print(context, options.json, json, createdText(created, request, took));
}

/** The options that say what a file of `--config` says. */
const shapeOptions = [
  ["preset", "--preset"],
  ["cpuNodes", "--cpu-nodes"],
  ["nodes", "--nodes"],
  ["gpuNodes", "--gpu-nodes"],
  ["cpusPerNode", "--cpus-per-node"],
  ["gpusPerNode", "--gpus-per-node"],
  ["memoryPerNode", "--memory-per-node"],
  ["gpuEnv", "--gpu-env"],
  ["topology", "--topology"],
  ["withRegistry", "--with-registry"],
  ["withPyxis", "--with-pyxis"],
  ["withAccounting", "--with-accounting"],
  ["withRest", "--with-rest"],
] as const satisfies readonly (readonly [keyof CreateOptions, string])[];

async function specOf(context: Context, options: CreateOptions): Promise<ClusterSpec> {
  if (options.config !== undefined) return specFromFile(resolve(context.cwd, options.config), options);
  if (options.nodes !== undefined && options.cpuNodes !== undefined && options.nodes !== options.cpuNodes) {
    throw invalid(
      "--nodes",
      `--nodes ${options.nodes} and --cpu-nodes ${options.cpuNodes} are two words for one thing and disagree; give one`,
    );
  }
  const { topology } = options;
  return specFromOptions({
    ...options,
    ...(topology !== undefined && { network: await networkOf(context, topology) }),
    name: options.name ?? defaultClusterName,
    cpuNodes: options.cpuNodes ?? options.nodes,
    gpuEnv: oneOf("--gpu-env", options.gpuEnv, gpuEnvs),
  });
}

/** Where no topology is asked for, nothing of it is loaded. */
async function networkOf(context: Context, name: string): Promise<ClusterNetwork> {
  const { readNetwork } = await import("../../launcher/cluster-network.ts");
  return readNetwork(name, context.cwd, context.signal);
}

function specFromFile(path: string, options: CreateOptions): ClusterSpec {
  for (const [key, option] of shapeOptions) {
    if (options[key] === undefined) continue;
    throw invalid(option, `${option} cannot stand beside --config, which says it; change the file or leave one out`);
  }
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new SluiceError(
      "FILE_UNREADABLE",
      `--config: cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
  const spec = readSpecYaml(text, path);
  if (options.name === undefined) return spec;
  checkClusterName(options.name);
  return { ...spec, name: options.name };
}

function requestOf(context: Context, deps: LauncherDeps, options: CreateOptions, spec: ClusterSpec): CreateRequest {
  if (options.port !== undefined && (options.port < 1 || options.port > 65_535)) {
    throw invalid("--port", `--port: ${options.port} is not a port; it takes 1 to 65535`);
  }
  const asked = [
    ["registry", options.withRegistry],
    ["pyxis", options.withPyxis],
    ["accounting", options.withAccounting],
    ["rest", options.withRest],
  ] as const;
  const owner = ownerOf(deps, options);
  return {
    ...progressOf(context, options),
    spec,
    wishes: {
      services: new Set<ServiceName>(asked.filter(([, wanted]) => wanted === true).map(([service]) => service)),
      ...(options.port === undefined ? {} : { sshPort: options.port }),
    },
    driver: oneOf("--driver", options.driver, driverChoices) ?? "auto",
    outputDirectory: resolve(context.cwd, options.outputDir),
    start: options.start === true,
    wait: options.wait,
    rollback: options.rollback,
    ...(owner === undefined ? {} : { owner }),
  };
}

/** The process whose end is the cluster's: the caller's, unless another is named. */
function ownerOf(deps: LauncherDeps, options: CreateOptions): ClusterRecord["owner"] {
  if (options.ownerPid !== undefined && options.ephemeral !== true) {
    throw invalid("--owner-pid", "--owner-pid means nothing without --ephemeral");
  }
  if (options.ephemeral !== true) return undefined;
  const pid = options.ownerPid ?? process.ppid;
  const owner = deps.processes.identify(pid);
  if (owner === undefined) throw invalid("--owner-pid", `--owner-pid: there is no process ${pid}`);
  return owner;
}

function oneOf<T extends string>(option: string, text: string | undefined, values: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const value = z.enum(values).safeParse(text);
  if (value.success) return value.data;
  throw invalid(option, `unknown value "${text}" of ${option}; choose one of ${values.join(", ")}`);
}

function invalid(field: string, message: string): SluiceError {
  return new SluiceError("INPUT_INVALID", message, { details: { field } });
}

function dryRunJson(design: Design): unknown {
  return { ...design.file, files: design.files, notes: design.notes };
}

function dryRunText(design: Design): string {
  const files = design.files.map((file) => `--- ${file.path}\n${file.text}`);
  const notes = design.notes.map((note) => `note: ${note}\n`);
  return `${notes.join("")}Nothing was written. These files would be:\n\n${files.join("\n")}`;
}

async function createdJson(context: Context, deps: LauncherDeps, created: Created, seconds: number): Promise<unknown> {
  const status = await clusterStatus(deps, created.record.name, context.signal);
  return { ...status, notes: created.design.notes, seconds: Number(seconds.toFixed(3)) };
}

function createdText(created: Created, request: CreateRequest, seconds: number): string {
  const { name, directory } = created.record;
  if (!request.start) return `Cluster "${name}" is made in ${directory}.\n  sluice cluster start --name ${name}\n`;
  return [
    `Cluster "${name}" is running (${seconds.toFixed(2)} s).\n`,
    `  sluice cluster status --name ${name}\n`,
    `  sluice run --cluster ${name} -- hostname\n`,
    `  sluice cluster destroy --name ${name}\n`,
  ].join("");
}
