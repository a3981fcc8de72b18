import { createClient, type Client } from "../../client/client.ts";
import type { Config } from "../../config.ts";
import { localTokenFile, readTokenFile } from "../../gateway/auth/local-token.ts";
import type { Context } from "../command.ts";

/** A way to the jobs: the gateway of SLUICE_URL, or an engine in this process over the local store. */
export interface Session extends AsyncDisposable {
  readonly client: Client;
  /** Whether jobs are handled by this process, and by none once it has ended, unless a gateway runs. */
  readonly isLocal: boolean;
  /** Whether paths of this machine mean the same where the job is submitted. */
  readonly sharesPaths: boolean;
}

/** Opens the way that the settings say. Both speak the same contract, so that what is printed is the same. */
export async function openSession(context: Context): Promise<Session> {
  const config = await context.config();
  if (config.url === undefined) return (await import("./local-session.ts")).openLocalSession(config, context.cwd);
  return openRemoteSession(config, config.url);
}

async function openRemoteSession(config: Config, url: string): Promise<Session> {
  const nothing = { [Symbol.asyncDispose]: async () => {} };
  const [, socket] = /^unix:(.+)$/.exec(url) ?? [];
  if (socket !== undefined) {
    const { unixFetch } = await import("../../client/unix-fetch.ts");
    const client = createClient({ url: "http://localhost", fetch: unixFetch(socket) });
    return { client, isLocal: false, sharesPaths: true, ...nothing };
  }
  const token = await tokenFor(config, url);
  const client = createClient({ url, ...(token !== undefined && { token }) });
  return { client, isLocal: false, sharesPaths: isThisMachine(url), ...nothing };
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
