import type { DescMessage, DescMethodUnary, MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { z } from "zod";
import type { Clock } from "../../../jobs/clock.ts";
import { withoutSecrets } from "../../without-secrets.ts";
import { tryAgain } from "../try-again.ts";
import { http2Sessions, type SessionManager } from "./http2-sessions.ts";
import { exchangeToken, InstancePage, IssuedToken, listInstances } from "./nebius-messages.ts";

export interface NebiusApiOptions {
  /** The domain that the services stand below, or a URL at which all of them are. */
  readonly endpoint: string;
  /** One try of a call may take so long, in milliseconds. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Nebius's API, as far as it matters here. Calls throw `Error`, worded as gRPC's clients do, and `NebiusUnauthenticated`. */
export interface NebiusApi extends Disposable {
  listInstances(request: ListRequest, token: string): Promise<z.infer<typeof InstancePage>>;
  /** A token for a signed statement of a service account. */
  exchange(statement: string): Promise<string>;
}

export interface ListRequest {
  readonly projectId: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** The token is refused: it has expired, or was none. */
export class NebiusUnauthenticated extends Error {
  override readonly name = "Error";
}

/** Ends of calls after which the same call may succeed. */
const passing: ReadonlySet<Code> = new Set([Code.ResourceExhausted, Code.Unavailable]);

/** Opens connections as they are needed; they are closed with the API. */
export function nebiusApi({ endpoint, deadlineMs, clock, signal }: NebiusApiOptions): NebiusApi {
  const sessions: SessionManager[] = [];
  const connect = (service: string) => {
    const baseUrl = /^https?:/.test(endpoint) ? endpoint : `https://${service}.${endpoint}`;
    const sessionManager = http2Sessions(baseUrl, { deadlineMs, signal });
    sessions.push(sessionManager);
    return createGrpcTransport({ baseUrl, sessionManager });
  };
  const compute = connect("compute");
  const tokens = connect("tokens.iam");

  const call = async <Reply>(
    transport: typeof compute,
    method: DescMethodUnary,
    input: MessageInitShape<DescMessage>,
    reply: z.ZodType<Reply>,
    token?: string,
  ): Promise<Reply> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const attempt = async () => (await transport.unary(method, signal, deadlineMs, headers, input)).message;
    const isPassing = (error: unknown): boolean => passing.has(ConnectError.from(error).code);
    try {
      return reply.parse(await tryAgain(attempt, { clock, signal, isPassing }));
    } catch (error) {
      const { code, rawMessage } = ConnectError.from(error);
      const told = withoutSecrets(rawMessage, token === undefined ? [] : [token]);
      const words = `rpc error: code = ${Code[code]} desc = ${told}`;
      throw code === Code.Unauthenticated ? new NebiusUnauthenticated(words) : new Error(words);
    }
  };

  return {
    listInstances: ({ projectId, pageSize, pageToken }, token) => {
      const input = { parentId: projectId, pageSize: BigInt(pageSize), pageToken };
      return call(compute, listInstances, input, InstancePage, token);
    },
    async exchange(statement) {
      const input = {
        grantType: "urn:ietf:params:oauth:grant-type:token-exchange",
        requestedTokenType: "urn:ietf:params:oauth:token-type:access_token",
        subjectToken: statement,
        subjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
      };
      const { accessToken, tokenType } = await call(tokens, exchangeToken, input, IssuedToken);
      if (tokenType.toLowerCase() === "bearer") return accessToken;
      throw new Error(`unsupported token received: expected Bearer, received ${JSON.stringify(tokenType)}`);
    },
    [Symbol.dispose]() {
      for (const session of sessions) session[Symbol.dispose]();
    },
  };
}
