import { examples, type CommandSpec } from "../command.ts";

export interface TopologyServeOptions {
  readonly config?: string;
  readonly listen?: string;
  readonly store?: string;
  readonly tokenFile?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly version?: boolean;
}

/** `sluice topology serve`. */
export const topologyServeCommand: CommandSpec = (parent, context) => {
  parent
    .command("serve")
    .description("answer requests for topology over HTTP as Topograph does, until stopped")
    .option("-c, --config <file>", "a configuration file of Topograph; without one, requests say everything themselves")
    .option(
      "--listen <host:port>",
      "where; the configuration's port on the loopback address where left out, else 127.0.0.1:49021",
    )
    .option("--store <url>", "the database of requests and answers: a path, postgres://..., or none to write nothing")
    .option("--token-file <file>", "a token that callers must send, in a file that nobody else may read")
    .option("--quiet", "write nothing but errors")
    .option("--verbose", "write a line for each look at health and metrics, too")
    .option("--version", "print the version as Topograph does, and end")
    .addHelpText(
      "after",
      examples([
        "sluice topology serve",
        "sluice topology serve -c /etc/topograph/topograph-config.yaml",
        "sluice topology serve --listen 0.0.0.0:49021 --token-file /etc/sluice/topology-token",
      ]),
    )
    .action(async (options: TopologyServeOptions) => {
      const { serveTopology } = await import("./serve-action.ts");
      await serveTopology(context, options);
    });
};
