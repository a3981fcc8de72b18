import { SluiceError } from "../../errors.ts";
import type { Connection } from "../connection.ts";
import { mergeOptions } from "../define/resolve-options.ts";
import type { TaskOptions } from "../define/task-options.ts";
import { clusterOfFolder, clusterOfVariables, defaultCluster } from "./cluster-at-hand.ts";
import { hasCluster, readClusterPart } from "./cluster-part.ts";
import { defaultEnvironment, sectionsOf, type Environment } from "./environment-sections.ts";
import { findSlurmfile, isPath, slurmfileNames, type SlurmfileSearch } from "./find-slurmfile.ts";
import { readPackagingPart } from "./packaging-part.ts";
import { readToml } from "./read-toml.ts";
import { readSubmitParts } from "./submit-part.ts";

/** One environment of a Slurmfile. */
export interface SlurmfileEnvironment {
  /** Absolute path of the file. */
  readonly file: string;
  readonly name: string;
  readonly connection: Connection;
  /** The lowest layer of the options of all jobs. */
  readonly submit: TaskOptions;
  /** What the file says that counts for nothing here, each a sentence. */
  readonly notices: readonly string[];
}

/** Which environment of which Slurmfile. */
export interface SlurmfileChoice extends Pick<SlurmfileSearch, "env" | "cwd"> {
  /** A Slurmfile or its folder, or the name of an environment in the one that is found. */
  readonly target?: string | undefined;
  /** What `SLURM_ENV` says, or `default`, where left out. */
  readonly environment?: string | undefined;
}

/**
 * Finds a Slurmfile and reads an environment of it. Where that has no `cluster` part, the cluster is the one that would be taken
 * without the Slurmfile. Throws `SLURMFILE_NOT_FOUND`, `ENVIRONMENT_NOT_FOUND`, `SLURMFILE_INVALID` with line and column, and
 * `FILE_UNREADABLE`.
 */
export function loadSlurmfile(choice: SlurmfileChoice): SlurmfileEnvironment {
  const { env, cwd } = choice;
  const found = findEnvironment(choice);
  if (found === undefined) {
    throw new SluiceError(
      "SLURMFILE_NOT_FOUND",
      `there is no ${slurmfileNames[1]} in ${cwd} or above it, and SLURMFILE names none; sluice init writes one`,
      { details: { cwd } },
    );
  }
  const environment = openEnvironment(found);
  if (!hasCluster(environment)) {
    const { connection } = clusterOfVariables(env) ?? clusterOfFolder(cwd) ?? defaultCluster;
    return { ...found, connection, ...readOptionParts(environment) };
  }
  const { connection, submit } = readClusterPart(environment);
  return { ...found, connection, ...readOptionParts(environment, submit) };
}

/** An environment of a Slurmfile, which may not be there. */
export interface NamedEnvironment {
  /** Absolute path of the file. */
  readonly file: string;
  readonly name: string;
}

/** What is meant; `undefined` where no file is named and none is found. Throws `SLURMFILE_NOT_FOUND`. */
export function findEnvironment({ target, environment, env, cwd }: SlurmfileChoice): NamedEnvironment | undefined {
  const path = target !== undefined && isPath(target, { env, cwd }) ? target : undefined;
  const named = path === undefined ? target : undefined;
  if (named !== undefined && environment !== undefined && named !== environment) {
    throw new SluiceError(
      "INPUT_INVALID",
      `two environments are named, "${named}" and "${environment}"; if the first is a file, write it as ./${named}`,
      { details: { field: "environment" } },
    );
  }
  const file = findSlurmfile({ path, env, cwd });
  const fromVariable = env["SLURM_ENV"] === "" ? undefined : env["SLURM_ENV"];
  return file === undefined ? undefined : { file, name: named ?? environment ?? fromVariable ?? defaultEnvironment };
}

/** Throws `ENVIRONMENT_NOT_FOUND`, `SLURMFILE_INVALID` and `FILE_UNREADABLE`. */
export function openEnvironment({ file, name }: NamedEnvironment): Environment {
  return sectionsOf(readToml(file), name);
}

/** What an environment says of all jobs, wherever they go; `lowest` are options below those. Throws `SLURMFILE_INVALID`. */
export function readOptionParts(
  environment: Environment,
  lowest: TaskOptions = {},
): Pick<SlurmfileEnvironment, "submit" | "notices"> {
  const hasCallbacks = environment.sections.some(({ table }) => Object.hasOwn(table, "callbacks"));
  return {
    submit: mergeOptions([lowest, readPackagingPart(environment), ...readSubmitParts(environment)]),
    notices: hasCallbacks
      ? [
          `${environment.document.file}: callbacks are classes of Python, which are not called from here; give observers ` +
            "to the cluster: Cluster.fromSlurmfile(path, { observers: [new LogObserver()] })",
        ]
      : [],
  };
}
