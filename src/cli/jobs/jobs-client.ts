import { createClient, type Client } from "../../client/client.ts";
import type { Config } from "../../config.ts";
import { localTokenFile, readTokenFile } from "../../gateway/auth/local-token.ts";
import type { Context } from "../command.ts";

/** A client of the gateway of SLUICE_URL, or of an engine in this process over the local store. */
export interface JobsClient extends AsyncDisposable {
  readonly client: Client;
  /** Whether jobs are handled by this process, and by none once it has ended, unless another runs. */
  readonly isLocal: boolean;
  /** Whether paths of this machine mean the same where the gateway is. */
  readonly sharesPaths: boolean;
  /** Has jobs of one cluster handled by this process, where it is this process that handles jobs. */
  handle(cluster: string): void;
}

export interface OpenOptions {
  /**
   * Whether clusters have been looked at when this resolves, so that what is shown is as it is now; otherwise none is
   * asked anything before `handle`. True where left out.
   */
  readonly look?: boolean;
  /** Whether this machine itself is one of the clusters, as `process`, though there are others. */
  readonly withProcess?: boolean;
}

/** Opens the client that the settings say. Both speak the same contract, so that what is printed is the same. */
export async function openJobsClient(context: Context, options: OpenOptions = {}): Promise<JobsClient> {
  const config = await context.config();
  if (config.url !== undefined) return openRemote(config, config.url);
  return (await import("./local-jobs-client.ts")).openLocalJobsClient(config, { cwd: context.cwd, ...options });
}

async function openRemote(config: Config, url: string): Promise<JobsClient> {
  const rest = { isLocal: false, handle: () => {}, [Symbol.asyncDispose]: async () => {} };
  const [, socket] = /^unix:(.+)$/.exec(url) ?? [];
  if (socket !== undefined) {
    const { unixFetch } = await import("../../client/unix-fetch.ts");
    return { client: createClient({ url: "http://localhost", fetch: unixFetch(socket) }), sharesPaths: true, ...rest };
  }
  const token = await tokenFor(config, url);
  const client = createClient({ url, ...(token !== undefined && { token }) });
  return { client, sharesPaths: isThisMachine(url), ...rest };
}

/** The token of SLUICE_TOKEN_FILE; else, of a gateway on this machine, the local user's, where there is one. */
async function tokenFor({ tokenFile, home }: Config, url: string): Promise<string | undefined> {
  if (tokenFile !== undefined) return readTokenFile(tokenFile);
  // Never to another machine: what runs there is not to learn it.
  if (!isThisMachine(url)) return undefined;
  return readTokenFile(localTokenFile(home)).catch(() => undefined);
}

function isThisMachine(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
