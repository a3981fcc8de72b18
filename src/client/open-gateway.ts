import { localTokenFile, readTokenFile } from "../gateway/auth/local-token.ts";
import { createClient, type Client } from "./client.ts";

/** Where a gateway is, and with what it is asked. */
export interface GatewayPlace {
  /** `http://HOST:PORT`, `https://HOST` or `unix:/PATH`. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  /** Sluice's home, with the local user's own token. */
  readonly home: string;
}

export interface GatewayClient {
  readonly client: Client;
  /** Whether paths of this machine mean the same where the gateway is. */
  readonly sharesPaths: boolean;
}

/** The client of a gateway, with the token that is given, or, on this machine, the local user's. Throws as `readTokenFile`. */
export async function openGateway(place: GatewayPlace): Promise<GatewayClient> {
  const { url } = place;
  const [, socket] = /^unix:(.+)$/.exec(url) ?? [];
  if (socket !== undefined) {
    const { unixFetch } = await import("./unix-fetch.ts");
    return { client: createClient({ url: "http://localhost", fetch: unixFetch(socket) }), sharesPaths: true };
  }
  const token = await tokenFor(place);
  const client = createClient({ url, ...(token !== undefined && { token }) });
  return { client, sharesPaths: isThisMachine(url) };
}

async function tokenFor({ token, tokenFile, url, home }: GatewayPlace): Promise<string | undefined> {
  if (token !== undefined) return token;
  if (tokenFile !== undefined) return readTokenFile(tokenFile);
  // Never to another machine: what runs there is not to learn it.
  if (!isThisMachine(url)) return undefined;
  return readTokenFile(localTokenFile(home)).catch(() => undefined);
}

function isThisMachine(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
