import { probe } from "../probe.ts";
import type { Check } from "../report.ts";

/** Where a test cluster likes to listen: sshd, and from Slurm's own first port on the controller and its nodes. */
const sshPort = 2222;
const slurmPorts = Array.from({ length: 10 }, (_, offset) => 6817 + offset);

interface PortFacts {
  readonly busy: readonly number[];
}

export const ports = probe<PortFacts>({
  kind: "ports",
  async inspect(host) {
    const all = [sshPort, ...slurmPorts];
    const free = await Promise.all(all.map((port) => host.isFree(port)));
    return { busy: all.filter((_, index) => free[index] === false) };
  },
  judge({ busy }) {
    const ssh = busy.includes(sshPort);
    const slurm = busy.filter((port) => port !== sshPort);
    const range = `${slurmPorts[0]} to ${slurmPorts.at(-1)}`;
    const remedy = "nothing to do: free ports are chosen instead";
    return [
      {
        id: "ports.ssh",
        title: `port ${sshPort}`,
        status: ssh ? "warn" : "ok",
        needed: false,
        found: ssh ? "busy" : "free",
        why: "ssh into a test cluster",
        ...(ssh ? { remedy: `${remedy}, unless --port ${sshPort} is asked for` } : {}),
      },
      {
        id: "ports.slurm",
        title: "Slurm's ports",
        status: slurm.length > 0 ? "warn" : "ok",
        needed: false,
        found: slurm.length > 0 ? `busy: ${slurm.join(", ")}` : `${range} free`,
        why: "the daemons of a test cluster",
        ...(slurm.length > 0 ? { remedy } : {}),
      },
    ] satisfies Check[];
  },
});
