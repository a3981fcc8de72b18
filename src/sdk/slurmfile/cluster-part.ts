import { dirname, isAbsolute, join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { defaultClusterName } from "../../launcher/nearest-cluster.ts";
import { nearestName } from "../../slurm/batch/nearest-name.ts";
import { readClusterConfig, type ReadConfig } from "../cluster-config.ts";
import { mergedPart, originOf, type Environment, type Section } from "./environment-sections.ts";
import { isTable, type TomlTable } from "./read-toml.ts";
import { slurmfileInvalid } from "./slurmfile-error.ts";

const backends = ["ssh", "local", "process", "gateway", "test-cluster"] as const;

/** Settings that name a file of this machine, from the Slurmfile's folder where they do not say from where. */
const localFiles = ["key_filename", "identity_file", "ssh_config_file", "token_file"];

const secrets: Readonly<Record<string, string>> = {
  password: "log in with a key (key_filename), an agent or a certificate, as OpenSSH does",
  passphrase: "unlock the key with ssh-agent",
  token: "name a file with it, which nobody else may read, in token_file",
};

/** Whether an environment says which cluster it is for. */
export function hasCluster({ sections }: Environment): boolean {
  return sections.some(({ table }) => Object.hasOwn(table, "cluster"));
}

/**
 * Reads `[ENVIRONMENT.cluster]`: `backend`, `job_base_dir`, and with `backend_config` how it is reached. What a lower section
 * says of another backend does not count. Throws `SLURMFILE_INVALID`.
 */
export function readClusterPart(whole: Environment): ReadConfig {
  const environment = { ...whole, sections: ofOneBackend(whole.sections) };
  const fail = (path: readonly string[], problem: string, cause?: unknown): SluiceError =>
    slurmfileInvalid({
      file: environment.document.file,
      ...originOf(environment, ["cluster", ...path]),
      problem,
      cause,
    });
  const { backend_config: settings = {}, ...general } = mergedPart(environment, "cluster");
  if (!isTable(settings)) throw fail(["backend_config"], "takes a table");
  const { backend } = general;
  const known = backends.find((name) => name === backend);
  if (known === undefined) {
    const near = typeof backend === "string" ? nearestName(backend, backends) : undefined;
    const hint = near === undefined ? `it is one of ${backends.join(", ")}` : `did you mean ${near}?`;
    throw fail(["backend"], backend === undefined ? `is missing; ${hint}` : `is ${JSON.stringify(backend)}; ${hint}`);
  }
  const pathOf = (name: string): readonly string[] =>
    Object.hasOwn(settings, name) ? ["backend_config", name] : [name];
  const all = { ...general, ...settings };
  for (const [name, instead] of Object.entries(secrets)) {
    if (Object.hasOwn(all, name))
      throw fail(pathOf(name), `is a secret, which a file of a project cannot keep; ${instead}`);
  }
  try {
    return readClusterConfig(toConfig(known, withPaths(all, environment)));
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const { field } = error.details;
    const name = typeof field === "string" ? field : "";
    throw fail(pathOf(name), error.message.replace(`${name} `, ""), error);
  }
}

/** The sections from the last change of the backend on. */
function ofOneBackend(sections: readonly Section[]): readonly Section[] {
  const backendOf = ({ table }: Section): unknown =>
    isTable(table["cluster"]) ? table["cluster"]["backend"] : undefined;
  const last = sections.map(backendOf).findLast((backend) => backend !== undefined);
  const other = sections.findLastIndex((section) => ![undefined, last].includes(backendOf(section)));
  return sections.slice(other + 1);
}

function withPaths(settings: TomlTable, { document }: Environment): TomlTable {
  const isRelative = (name: string, value: unknown): value is string =>
    localFiles.includes(name) && typeof value === "string" && !isAbsolute(value) && !value.startsWith("~");
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      isRelative(name, value) ? join(dirname(document.file), value) : value,
    ]),
  );
}

/** As `Cluster.fromConfig` takes it. */
function toConfig(backend: (typeof backends)[number], settings: TomlTable): object {
  if (backend === "gateway") {
    const { backend: _, ...others } = settings;
    const allowed = ["url", "token_file", "cluster"];
    return onlyWith(allowed, others, { url: undefined });
  }
  if (backend === "test-cluster") {
    const { backend: _, name, testing, ...others } = settings;
    // One that is there already, or one that is made for as long as it is needed.
    const which = isTable(testing)
      ? { testing: { ...(name !== undefined && { name }), ...testing } }
      : { testCluster: name ?? defaultClusterName, ...(testing !== undefined && { testing }) };
    return onlyWith(["testCluster", "testing", "home"], { ...others, ...which });
  }
  return { ...settings, backend };
}

/** The settings, which are of these names alone, and of which some must be there. */
function onlyWith(allowed: readonly string[], settings: TomlTable, needed: object = {}): TomlTable {
  const missing = Object.keys(needed).find((name) => settings[name] === undefined);
  if (missing !== undefined)
    throw new SluiceError("INPUT_INVALID", `${missing} is missing`, { details: { field: missing } });
  const unknown = Object.keys(settings).find((name) => !allowed.includes(name));
  if (unknown === undefined) return settings;
  throw new SluiceError("INPUT_INVALID", `${unknown} is not known with this backend; it has ${allowed.join(", ")}`, {
    details: { field: unknown },
  });
}
