import { goText, goTypeOf } from "../../params/go-value.ts";
import type { ParamMap, ParamValue } from "../../params/param-value.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import { retryingFetch } from "../../retrying-fetch.ts";
import { TopologyError } from "../../topology-error.ts";
import type { TopologyHost } from "../../topology-host.ts";

/** The variable that names a file with credentials; Google's client reads it itself. */
const credentialsVariable = "GOOGLE_APPLICATION_CREDENTIALS";

/** A file of credentials has a few kilobytes. */
const maxFileBytes = 1024 * 1024;

/** The metadata service answers at once, or there is none. */
const metadataDeadlineMs = 2000;

/**
 * The project whose instances are listed: as the request says, else of the file with credentials, else as the metadata
 * service of this machine says. Throws `TopologyError` (400).
 */
export async function findProjectId(
  params: ParamMap,
  host: Pick<TopologyHost, "environment" | "runner" | "log">,
  signal: AbortSignal,
): Promise<string> {
  const asked = decodeProjectId(params, "error in topology request parameters");
  if (asked !== "") return asked;
  const path = host.environment[credentialsVariable];
  if (path === undefined || path === "") return projectIdOfThisMachine(host, signal);
  const projectId = decodeProjectId(await readCredentials(path, host, signal), `error in ${credentialsVariable}`);
  if (projectId === "") throw refused(`error in ${credentialsVariable}: missing 'project_id'`);
  return projectId;
}

/** Empty where there is none; nothing but text is taken. */
function decodeProjectId(given: ParamMap, where: string): string {
  const value = valueOf(given, "project_id");
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  const found = `got unconvertible type '${goTypeOf(value)}', value: '${goText(value)}'`;
  throw refused(`${where}: 1 error(s) decoding:\n\n* 'project_id' expected type 'string', ${found}`);
}

/** By the name in any case, an exact one first. */
function valueOf(given: ParamMap, name: string): ParamValue | undefined {
  if (given.has(name)) return given.get(name);
  return [...given].find(([key]) => key.toLowerCase() === name)?.[1];
}

async function readCredentials(
  path: string,
  { runner }: Pick<TopologyHost, "runner">,
  signal: AbortSignal,
): Promise<ParamMap> {
  const unreadable = (reason: string) => refused(`failed to read ${credentialsVariable} ${path}: ${reason}`);
  const file = await runner.readFile(path, { offset: 0, maxBytes: maxFileBytes }, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw unreadable(error instanceof Error ? error.message : String(error));
  });
  if (file === undefined) throw unreadable(`open ${path}: no such file or directory`);
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(file.bytes).toString("utf8"));
  } catch {
    // The reader's own words may quote what stands in the file, which are credentials.
    throw refused(`failed to parse ${credentialsVariable} ${path}: it is no JSON`);
  }
  return toParamMap(content);
}

async function projectIdOfThisMachine(
  { environment, log }: Pick<TopologyHost, "environment" | "log">,
  signal: AbortSignal,
): Promise<string> {
  const service = environment["GCE_METADATA_HOST"] || "169.254.169.254";
  const request = {
    url: new URL(`http://${service}/computeMetadata/v1/project/project-id`),
    headers: { "Metadata-Flavor": "Google" },
    deadlineMs: metadataDeadlineMs,
  };
  const answer = await retryingFetch(request, signal, { log: (line) => log("info", line) }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw refused(`no project_id: ${error instanceof Error ? error.message : String(error)}`);
  });
  return answer.body.trim();
}

function refused(message: string): TopologyError {
  return new TopologyError(400, message);
}
