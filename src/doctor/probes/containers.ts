import type { CommandOutput } from "../../schema/command.ts";
import type { Host } from "../host.ts";
import { probe } from "../probe.ts";
import type { Check } from "../report.ts";

/** `undefined`: the program is not here. */
type Reply = CommandOutput | undefined;

interface ContainerFacts {
  readonly docker: Reply;
  readonly podman: Reply;
  readonly compose: Reply;
}

/** Asks the engines for their version: a client alone answers with an error. */
export const containers = probe<ContainerFacts>({
  kind: "containers",
  async inspect(host, signal) {
    const [docker, podman, compose] = await Promise.all([
      ask(host, ["docker", "version", "--format", "{{.Server.Version}}"], signal),
      ask(host, ["podman", "version", "--format", "{{.Client.Version}}"], signal),
      ask(host, ["docker", "compose", "version", "--short"], signal),
    ]);
    return { docker, podman, compose };
  },
  judge({ docker, podman, compose }) {
    return [
      row("docker", "docker", docker, "the engine does not answer", "https://docs.docker.com/engine/install/"),
      row("podman", "podman", podman, "does not answer", "https://podman.io/docs/installation"),
      row("compose", "docker compose", compose, "the plugin is not there", "https://docs.docker.com/compose/install/"),
    ];
  },
});

function row(id: string, title: string, reply: Reply, silence: string, remedy: string): Check {
  const works = reply?.exitCode === 0;
  return {
    id,
    title,
    status: works ? "ok" : reply === undefined ? "missing" : "warn",
    needed: false,
    found: works ? reply.stdout.trim() : reply === undefined ? "not found" : silence,
    why: "not used in this version; native clusters need no containers",
    ...(works ? {} : { remedy }),
  };
}

async function ask(
  host: Host,
  [program, ...args]: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<Reply> {
  const path = await host.find(program);
  return path === undefined ? undefined : host.run([path, ...args], signal);
}
