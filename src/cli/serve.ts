import { examples, type CommandSpec } from "./command.ts";

export interface ServeOptions {
  readonly listen: string;
  readonly socket?: string;
  readonly sharedSocket?: string;
  readonly auth: boolean;
  readonly store?: string;
  readonly rateLimit: string;
  readonly keep: string;
  readonly oidcIssuer?: string;
  readonly oidcAudience?: string;
  readonly oidcKeys?: string;
  readonly oidcSubject?: string;
  readonly oidcScope?: string;
  readonly topology?: string | true;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `sluice serve`. */
export const serveCommand: CommandSpec = (parent, context) => {
  parent
    .command("serve")
    .description("put a gateway in front of the clusters: HTTP, live events, one poller each, until stopped")
    .option(
      "--listen <host:port>",
      "where; another host than a loopback one is reachable from outside",
      "127.0.0.1:7373",
    )
    .option("--socket <path>", "a unix socket beside, which asks for no token; its folder must be closed to others")
    .option("--shared-socket <path>", "a unix socket for every user of this machine, each as the owner of that name")
    .option("--no-auth", "ask for no token, on a loopback address alone: every user of this machine can submit jobs")
    .option("--store <url>", "the database of jobs: a path, or postgres://...")
    .option("--keep <days>", "for how long jobs that have ended, and events, are kept; 0 for ever", "365")
    .option("--rate-limit <count>", "requests per second that each token may make", "1000")
    .option("--oidc-issuer <url>", "believe tokens of this OpenID provider too")
    .option("--oidc-audience <name>", "that were made for this audience")
    .option("--oidc-keys <url>", "its key set (JWKS); what ISSUER/.well-known/openid-configuration says where left out")
    .option("--oidc-subject <claim>", "the claim that names the owner of jobs", "sub")
    .option(
      "--oidc-scope <claim>",
      "the claim that has viewer, user, operator or admin; everybody is a user where left out",
    )
    .option("--topology [config]", "serve topology, too, as a configuration file of Topograph says where one is given")
    .option("--json", "print the addresses as JSON")
    .option("--quiet", "write no line for each request")
    .addHelpText(
      "after",
      examples([
        "sluice serve",
        "sluice serve --listen 127.0.0.1:0 --socket ~/.sluice/gateway/socket",
        "sluice serve --listen 0.0.0.0:7373 --store postgres://sluice@db/sluice",
      ]),
    )
    .action(async (options: ServeOptions) => {
      const { serve } = await import("./serve-action.ts");
      await serve(context, options);
    });
};
