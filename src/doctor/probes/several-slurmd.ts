import { probe } from "../probe.ts";
import type { Check } from "../report.ts";
import type { Host } from "../host.ts";

interface SeveralFacts {
  /** `undefined`: there is no slurmd to ask. */
  readonly reply: { readonly stdout: string; readonly stderr: string; readonly exitCode: number } | undefined;
}

const why = "all nodes of a native cluster run on this one host";

/**
 * Asks slurmd itself: two nodes share a host in a throwaway slurm.conf, and the second is to print its simulated GPU
 * (`slurmd -G -N`, slurmd(8)). This starts no daemon and needs no root. A build without --enable-multiple-slurmd refuses
 * `-N`, or the second node of one host.
 */
export const severalSlurmd = probe<SeveralFacts>({
  kind: "several-slurmd",
  async inspect(host, signal) {
    const slurmd = await host.find("slurmd");
    if (slurmd === undefined) return { reply: undefined };
    await using folder = await host.temporaryFolder();
    const device = await folder.link("gpu0", "/dev/null");
    await folder.write("gres.conf", `NodeName=probe-[0-1] Name=gpu Type=fake File=${device} Flags=no_gpu_env\n`);
    const conf = await folder.write("slurm.conf", probeConf(host, folder.path));
    return { reply: await host.run([slurmd, "-G", "-f", conf, "-N", "probe-1"], signal) };
  },
  judge({ reply }, remedies) {
    const install = remedies.install(["slurmd"]);
    if (reply === undefined) {
      return [
        {
          id: "slurmd.several",
          title: "several slurmd",
          status: "missing",
          needed: true,
          found: "no slurmd",
          why,
          remedy: install,
        },
      ];
    }
    const text = `${reply.stdout}\n${reply.stderr}`;
    const refused = /invalid option.*N|Duplicated NodeHostName/i.test(text);
    const several = reply.exitCode === 0 && !refused;
    const gpus = several && /Gres Name=gpu Type=fake Count=1\b/.test(text);
    const words = text.trim().split("\n")[0] ?? "";
    const nodes: Check = {
      id: "slurmd.several",
      title: "several slurmd",
      status: several ? "ok" : "missing",
      needed: true,
      found: several ? "slurmd -N is accepted" : words,
      why,
      ...(several
        ? {}
        : {
            remedy: refused
              ? "use a Slurm built with --enable-multiple-slurmd, as the packages of Debian and Ubuntu are"
              : `slurmd refused a plain configuration; its own words are above. To install afresh: ${install}`,
          }),
    };
    const simulation: Check = {
      id: "slurmd.gpus",
      title: "simulated GPUs",
      status: gpus ? "ok" : "warn",
      needed: false,
      found: gpus ? "slurmd counts a symlinked device" : words === "" ? "slurmd prints no GPU" : words,
      why: "GPU nodes without GPUs",
      ...(gpus ? {} : { remedy: "clusters without GPU nodes still work" }),
    };
    return [nodes, simulation];
  },
});

function probeConf(host: Host, folder: string): string {
  return [
    "ClusterName=probe",
    "SlurmctldHost=localhost(127.0.0.1)",
    `SlurmUser=${host.userName}`,
    `SlurmdUser=${host.userName}`,
    "AuthType=auth/none",
    "CredType=cred/none",
    `StateSaveLocation=${folder}`,
    `SlurmdSpoolDir=${folder}/%n`,
    "GresTypes=gpu",
    "SlurmdParameters=config_overrides",
    "NodeName=probe-[0-1] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[16818-16819] CPUs=1 Gres=gpu:fake:1",
    "PartitionName=probe Nodes=probe-[0-1] Default=YES",
    "",
  ].join("\n");
}
