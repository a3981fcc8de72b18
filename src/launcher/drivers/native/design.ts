import { existsSync } from "node:fs";
import { createHash } from "node:crypto";
import { SluiceError } from "../../../errors.ts";
import type { Runner } from "../../../jobs/runner.ts";
import type { ClusterFile, ClusterPorts } from "../../../schema/cluster-file.ts";
import type { CgroupMode } from "../../../schema/cluster-plan.ts";
import type { ClusterSpec, ServicesSpec } from "../../../schema/cluster-spec.ts";
import type { Design, DesignRequest, Wishes } from "../../driver.ts";
import { nativeFiles } from "./files.ts";
import { chooseRunDirectory, nativePaths } from "./paths.ts";
import { computeNodes } from "../../../schema/cluster-nodes.ts";
import { planNativeCluster } from "./plan.ts";
import { pickPorts } from "./ports.ts";
import { releaseOf, slurmVersion, type Programs } from "./programs.ts";

/** What this host is, as far as the native driver cares. */
export interface NativeHost {
  readonly user: string;
  readonly uid: number;
  readonly programs: Programs;
  readonly runner: Runner;
}

const defaultSshPort = 2222;
const defaultRegistryPort = 5000;

/** Chooses release, services, authentication, ports and paths. Nothing is written. */
export async function designNativeCluster(
  host: NativeHost,
  request: DesignRequest,
  signal: AbortSignal,
): Promise<Design> {
  const { directory, wishes } = request;
  const { spec, notes } = adaptServices(request.spec, wishes, host.programs);
  const slurmctld = host.programs.need("slurmctld", "a native test cluster");
  host.programs.need("slurmd", "a native test cluster");
  host.programs.need("scontrol", "a native test cluster");
  const version = await host.runner.run(slurmVersion(slurmctld), { signal, deadlineMs: 10_000 });
  const release = releaseOf(version);
  const auth = host.programs.find("munged") === undefined ? "none" : "munge";
  if (auth === "none") {
    if (host.user === "root") host.programs.need("munged", "a cluster of root's");
    notes.push(
      "munge is not installed, so the cluster uses auth/none: whoever can reach its ports on this host can act as you in it",
    );
  }
  const file: ClusterFile = {
    version: 1,
    driver: "native",
    created: request.created,
    slurm: release,
    auth,
    ports: await choosePorts(spec, request, host.programs, notes),
    cluster: spec,
  };
  const run = chooseRunDirectory(
    directory,
    host.uid,
    computeNodes(spec).map((node) => node.name),
  );
  const paths = nativePaths(directory, run);
  const plan = planNativeCluster(file, paths, { user: host.user, cgroup: cgroupMode(release) });
  const { nodes, ...single } = file.ports;
  return {
    file,
    plan,
    run,
    files: nativeFiles(file, plan, paths, host),
    ports: [...Object.values(nodes), ...Object.values(single).filter((port) => port !== undefined)],
    notes,
  };
}

/** What the native driver gives of the services; what only a preset asked for is left out with a note. */
function adaptServices(
  spec: ClusterSpec,
  wishes: Wishes,
  programs: Programs,
): { readonly spec: ClusterSpec; readonly notes: string[] } {
  const notes: string[] = [];
  const services: ServicesSpec = { ...spec.services };
  if (services.pyxis === true) {
    const why = "Pyxis runs jobs in containers and comes with the compose driver";
    if (wishes.services.has("pyxis")) {
      throw new SluiceError("DRIVER_UNAVAILABLE", `--with-pyxis: ${why}; leave it out for a native cluster`, {
        details: { field: "--with-pyxis" },
      });
    }
    delete services.pyxis;
    notes.push(`left out Pyxis: ${why}`);
  }
  if (services.registry === true && programs.find("docker-registry") === undefined) {
    if (wishes.services.has("registry")) programs.need("docker-registry", "--with-registry");
    delete services.registry;
    notes.push(
      "left out the registry: docker-registry is not installed; on Debian and Ubuntu: apt-get install docker-registry",
    );
  }
  if (services.accounting === true) {
    for (const program of ["slurmdbd", "mariadbd", "mariadb-install-db"] as const)
      programs.need(program, "--with-accounting");
  }
  if (services.rest === true) programs.need("slurmrestd", "--with-rest");
  const { services: _, ...rest } = spec;
  return { spec: Object.keys(services).length === 0 ? rest : { ...rest, services }, notes };
}

async function choosePorts(
  spec: ClusterSpec,
  request: DesignRequest,
  programs: Programs,
  notes: string[],
): Promise<ClusterPorts> {
  const picker = pickPorts(request.taken, createHash("sha256").update(request.directory).digest().readUInt16BE(0));
  const ssh = await chooseSshPort(request.wishes, picker, programs, notes);
  const { leavesKnownPorts = false } = request.wishes;
  const registry =
    spec.services?.registry === true
      ? await picker.near(leavesKnownPorts ? undefined : defaultRegistryPort)
      : undefined;
  const nodes = computeNodes(spec);
  const accounting = spec.services?.accounting === true;
  const [slurmctld = 0, ...rest] = await picker.some(1 + nodes.length + (accounting ? 2 : 0));
  return {
    ...(ssh === undefined ? {} : { ssh }),
    slurmctld,
    nodes: Object.fromEntries(nodes.map((node, i) => [node.name, rest[i] ?? 0])),
    ...(registry === undefined ? {} : { registry }),
    ...(accounting ? { slurmdbd: rest[nodes.length] ?? 0, mariadb: rest[nodes.length + 1] ?? 0 } : {}),
  };
}

async function chooseSshPort(
  wishes: Wishes,
  picker: ReturnType<typeof pickPorts>,
  programs: Programs,
  notes: string[],
): Promise<number | undefined> {
  if (programs.find("sshd") === undefined || programs.find("ssh-keygen") === undefined) {
    if (wishes.sshPort !== undefined) programs.need("sshd", "--port");
    notes.push("no ssh into the cluster: sshd is not installed; on Debian and Ubuntu: apt-get install openssh-server");
    return undefined;
  }
  if (wishes.sshPort !== undefined) return picker.exactly(wishes.sshPort, "--port");
  if (wishes.leavesKnownPorts === true) return picker.near();
  const port = await picker.near(defaultSshPort);
  if (port !== defaultSshPort) notes.push(`port ${defaultSshPort} is taken, so ssh listens on ${port}`);
  return port;
}

/** From 24.05 on Slurm does without cgroups; before that it takes the hierarchy that is mounted. */
export function cgroupMode(release: string): CgroupMode {
  if (release >= "24.05") return "disabled";
  return existsSync("/sys/fs/cgroup/cgroup.controllers") ? "v2" : "v1";
}
