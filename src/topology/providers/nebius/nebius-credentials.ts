import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import type { Clock } from "../../../jobs/clock.ts";
import { retryingFetch } from "../../retrying-fetch.ts";
import { TopologyError } from "../../topology-error.ts";
import type { TopologyHost } from "../../topology-host.ts";

/** Who lists the instances: a service account by its key, or whoever a token was given to. */
export type NebiusCredentials =
  | ServiceAccount
  | { readonly token: string; renew?(signal: AbortSignal): Promise<string> };

export interface ServiceAccount {
  readonly id: string;
  readonly publicKeyId: string;
  readonly privateKey: KeyObject;
}

/** The service that tokens are made for; it stands in every statement. Source: https://github.com/nebius/gosdk, auth. */
const audience = "token-service.iam.new.nebiuscloud.net";
/** A statement lives as long as its exchange for a token takes. */
const statementSeconds = 60;

const metadataService = "http://metadata.nebius.internal/v1";
const metadataDeadlineMs = 5000;

/**
 * The credentials of the request, else the token in `IAM_TOKEN`, else that of the metadata service. Throws `TopologyError`:
 * 400 for credentials that are not whole, 500 where the metadata service gives no token.
 */
export async function findCredentials(
  creds: ReadonlyMap<string, string>,
  host: Pick<TopologyHost, "environment" | "log">,
  signal: AbortSignal,
): Promise<NebiusCredentials> {
  const account = serviceAccountOf(creds);
  if (account !== undefined) return account;
  const given = host.environment["IAM_TOKEN"];
  if (given !== undefined && given !== "") return { token: given };
  const renew = (stop: AbortSignal): Promise<string> =>
    askMetadata("iam/sa/token/access_token", "failed to get IAM token from IMDS", host, stop);
  return { token: await renew(signal), renew };
}

/** The project of the instances: as given, else that of this machine. Throws `TopologyError` (500). */
export async function findProject(
  creds: ReadonlyMap<string, string>,
  host: Pick<TopologyHost, "environment" | "log">,
  signal: AbortSignal,
): Promise<string> {
  const given = credentialOf(creds, "projectId");
  return given === "" ? askMetadata("instance-data/parent_id", "failed to get project ID", host, signal) : given;
}

/** A signed statement (a JSON Web Token) with which a service account asks for a token. */
export function statementOf({ id, publicKeyId, privateKey }: ServiceAccount, clock: Clock): string {
  const now = Math.floor(clock.now() / 1000);
  const header = { alg: "RS256", kid: publicKeyId, typ: "JWT" };
  const claims = { iss: id, sub: id, aud: [audience], exp: now + statementSeconds, iat: now };
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const said = `${encode(header)}.${encode(claims)}`;
  return `${said}.${sign("RSA-SHA256", Buffer.from(said), privateKey).toString("base64url")}`;
}

/** `undefined` where nothing of a service account is given. */
function serviceAccountOf(creds: ReadonlyMap<string, string>): ServiceAccount | undefined {
  const names = ["serviceAccountId", "publicKeyId", "privateKey"] as const;
  const missing = names.filter((name) => credentialOf(creds, name) === "");
  if (missing.length === names.length) return undefined;
  if (missing.length > 0) throw refused(`missing ${missing.join(",")}`);
  const privateKey = readKey(credentialOf(creds, "privateKey"));
  return { id: credentialOf(creds, "serviceAccountId"), publicKeyId: credentialOf(creds, "publicKeyId"), privateKey };
}

function readKey(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Said below, in words that hold nothing of the key.
  }
  if (key?.asymmetricKeyType !== "rsa") throw refused("privateKey is no RSA key as PEM");
  return key;
}

/** By its name in any case, an exact one first; empty where there is none. */
function credentialOf(creds: ReadonlyMap<string, string>, name: string): string {
  const folded = name.toLowerCase();
  return creds.get(name) ?? [...creds].find(([key]) => key.toLowerCase() === folded)?.[1] ?? "";
}

async function askMetadata(
  what: string,
  words: string,
  { environment, log }: Pick<TopologyHost, "environment" | "log">,
  signal: AbortSignal,
): Promise<string> {
  const service = environment["NEBIUS_METADATA_URL"] || metadataService;
  const request = {
    url: new URL(`${service.replace(/\/$/, "")}/${what}`),
    headers: { Metadata: "true" },
    deadlineMs: metadataDeadlineMs,
  };
  try {
    return (await retryingFetch(request, signal, { log: (line) => log("info", line) })).body.trim();
  } catch (error) {
    signal.throwIfAborted();
    throw new TopologyError(500, `${words}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function refused(reason: string): TopologyError {
  return new TopologyError(400, `credentials error: ${reason}`);
}
