import { SluiceError } from "../../../errors.ts";
import { isUnknownPath, refusesToken, type RestReply } from "../../../slurm/rest/rest-reply.ts";
import { newestVersion, restVersions, type RestVersion } from "../../../slurm/rest/rest-version.ts";
import type { RestCall, RestClient } from "./rest-client.ts";
import { userOfToken, type Tokens } from "./rest-token.ts";

export interface RestSessionOptions {
  readonly client: RestClient;
  /** Absent for a socket, whose other end knows who asks. */
  readonly tokens?: Tokens;
  /** Sent as X-SLURM-USER-NAME, beside a token that may act for others. */
  readonly user?: string;
  /** The newest that both sides speak where absent. */
  readonly version?: RestVersion;
}

/** One slurmrestd as its user sees it: with a version, and with the token that is good now. */
export interface RestSession {
  /** Throws `CAPABILITY_MISSING` where slurmrestd speaks no version that Sluice does. */
  version(signal: AbortSignal): Promise<RestVersion>;
  /** Whose jobs come of this session; `undefined` where nothing here says so. */
  user(signal: AbortSignal): Promise<string | undefined>;
  /** `path` stands after `/slurm/v0.0.NN/`. Throws as `RestClient.send`. */
  call(method: RestCall["method"], path: string, options: RestCallOptions): Promise<RestReply>;
}

export interface RestCallOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly body?: string;
}

const discoveryDeadlineMs = 15_000;

export function createRestSession({ client, tokens, user, version: wanted }: RestSessionOptions): RestSession {
  let discovered: Promise<RestVersion> | undefined;

  /** With the token of now, and once more with another where that one is refused, since then nothing came of it. */
  async function send(call: Omit<RestCall, "headers">): Promise<RestReply> {
    let token = await tokens?.current(call.signal);
    let reply = await client.send({ ...call, headers: headersOf(token) });
    if (!refusesToken(reply)) return reply;
    const other = token === undefined ? undefined : await tokens?.current(call.signal, token);
    if (other !== undefined && other !== token) {
      token = other;
      reply = await client.send({ ...call, headers: headersOf(token) });
      if (!refusesToken(reply)) return reply;
    }
    throw refused(client.place, reply, token !== undefined);
  }

  function headersOf(token: string | undefined): Record<string, string> {
    return {
      ...(user !== undefined && { "x-slurm-user-name": user }),
      ...(token !== undefined && { "x-slurm-user-token": token }),
    };
  }

  async function discover(signal: AbortSignal): Promise<RestVersion> {
    const reply = await send({ method: "GET", path: "/openapi/v3", deadlineMs: discoveryDeadlineMs, signal });
    const found = reply.status === 200 ? newestVersion(reply.text) : undefined;
    if (found !== undefined) return found;
    const speaks = reply.status === 200 ? "speaks none of these versions" : `answered HTTP ${reply.status}`;
    throw new SluiceError(
      reply.status >= 500 ? "CLUSTER_UNREACHABLE" : "CAPABILITY_MISSING",
      `slurmrestd at ${client.place}, asked for /openapi/v3, ${speaks}: ${restVersions.map(({ name }) => name).join(", ")}; ` +
        "where a proxy hides that path, set api_version",
      { details: { hop: "slurmrestd", place: client.place, status: reply.status } },
    );
  }

  const session: RestSession = {
    async version(signal) {
      if (wanted !== undefined) return wanted;
      discovered ??= discover(signal);
      discovered.catch(() => (discovered = undefined));
      return discovered;
    },

    async user(signal) {
      if (user !== undefined || tokens === undefined) return user;
      return userOfToken(await tokens.current(signal));
    },

    async call(method, path, options) {
      const version = await session.version(options.signal);
      const reply = await send({ method, path: `/slurm/${version.name}/${path}`, ...options });
      if (!isUnknownPath(reply)) return reply;
      // slurmrestd has been replaced by one of another release, perhaps.
      discovered = undefined;
      const remedy = wanted === undefined ? "" : `; leave out api_version, which is ${wanted.name}`;
      const message = `slurmrestd at ${client.place} does not know ${reply.request}${remedy}`;
      throw new SluiceError("CLUSTER_UNREACHABLE", message, {
        details: { hop: "slurmrestd", place: client.place, reason: "version", mayHaveRun: false },
      });
    },
  };
  return session;
}

function refused(place: string, { request, status }: RestReply, hadToken: boolean): SluiceError {
  const remedy = hadToken
    ? "the token has expired, is of another cluster, or is not of the user that is named; make a new one: scontrol token"
    : "it wants a token: set token_file or token_command";
  return new SluiceError(
    "CLUSTER_UNREACHABLE",
    `slurmrestd at ${place} refused ${request} (HTTP ${status}): ${remedy}`,
    { details: { hop: "slurmrestd", place, reason: "login-refused", status, mayHaveRun: false } },
  );
}
