import type { Client } from "../../client/client.ts";
import type { Config } from "../../config.ts";
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

async function openRemote({ tokenFile, home }: Config, url: string): Promise<JobsClient> {
  const { openGateway } = await import("../../client/open-gateway.ts");
  const opened = await openGateway({ url, tokenFile, home });
  return { ...opened, isLocal: false, handle: () => {}, [Symbol.asyncDispose]: async () => {} };
}
