import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { holdPrivilegeSeparationDirectory } from "./privilege-separation.ts";
import type { StartContext } from "./start.ts";

/** Login to the cluster, where it has a port for that. */
export async function startSsh(context: StartContext): Promise<void> {
  const { ports } = context.cluster.file;
  if (ports.ssh === undefined) return;
  await using _directory =
    context.host.uid === 0 ? await holdPrivilegeSeparationDirectory(context.operation.signal) : undefined;
  const sshd = context.launch("sshd", "sshd", ["-D", "-e", "-f", context.paths.sshdConfig]);
  await context.answering(sshd, { port: ports.ssh }, "sshd to answer");
}

/** An image registry of the cluster's own, where it was asked for. */
export async function startRegistry(context: StartContext): Promise<void> {
  const { ports } = context.cluster.file;
  if (ports.registry === undefined) return;
  await mkdir(join(context.paths.data, "registry"), { recursive: true });
  const registry = context.launch("docker-registry", "docker-registry", [
    "serve",
    registryConfigPath(context.paths.config),
  ]);
  await context.answering(registry, { port: ports.registry }, "the registry to answer");
}

/** Where the registry's configuration stands. */
export function registryConfigPath(configDirectory: string): string {
  return join(configDirectory, "registry.yml");
}

/** Configuration of Docker's registry: files below the cluster's folder, loopback, nothing else. */
export function registryConfig(port: number, dataDirectory: string): string {
  return `version: 0.1
log:
  level: warn
storage:
  filesystem:
    rootdirectory: ${JSON.stringify(join(dataDirectory, "registry"))}
  delete:
    enabled: true
http:
  addr: 127.0.0.1:${port}
`;
}
