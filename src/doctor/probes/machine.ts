import { probe } from "../probe.ts";
import type { Check } from "../report.ts";

interface MachineFacts {
  readonly platform: string;
  readonly nodeVersion: string;
  readonly uid: number | undefined;
  readonly userName: string;
  /** Whether /proc can be read: how a job's stray children are found. */
  readonly hasProc: boolean;
}

export const machine = probe<MachineFacts>({
  kind: "machine",
  inspect: async (host) => ({
    platform: host.platform,
    nodeVersion: host.nodeVersion,
    uid: host.uid,
    userName: host.userName,
    hasProc: (await host.readText("/proc/self/mountinfo")) !== undefined,
  }),
  judge({ platform, nodeVersion, uid, userName, hasProc }, remedies) {
    const linux = platform === "linux" && hasProc;
    const [major = 0, minor = 0] = nodeVersion.replace(/^v/, "").split(".").map(Number);
    const recent = major > 22 || (major === 22 && minor >= 18);
    const system: Check = {
      id: "machine.system",
      title: "system",
      status: linux ? "ok" : "missing",
      needed: true,
      found: platform === "linux" && !hasProc ? `${remedies.system}, without /proc` : remedies.system,
      why: "Slurm's daemons run on Linux and read /proc",
      ...(linux ? {} : { remedy: platform === "linux" ? "mount -t proc proc /proc" : remedies.install([]) }),
    };
    const user: Check = {
      id: "machine.user",
      title: "user",
      status: "ok",
      needed: false,
      found: uid === 0 ? "root" : `${userName}, an ordinary user`,
      why: "a native cluster belongs to the user who makes it",
    };
    const node: Check = {
      id: "machine.node",
      title: "Node",
      status: recent ? "ok" : "missing",
      needed: true,
      found: nodeVersion,
      why: "Sluice needs 22.18 or later",
      ...(recent ? {} : { remedy: "install Node 24 from https://nodejs.org or your package manager" }),
    };
    return [system, user, node];
  },
});
