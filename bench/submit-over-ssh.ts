import { startSshd } from "../test/real-sshd.ts";
import { perSecond, type Comparison } from "./comparison.ts";
import { BenchGateway } from "./gateway.ts";
import { interleave } from "./interleave.ts";
import { engineSubmits, loops } from "./submit.ts";

const count = 400;

/** The same over ssh, against one `sbatch` loop on the login node. */
export async function submitOverSsh(rounds: number): Promise<readonly Comparison[]> {
  const sshd = await startSshd([`SetEnv "PATH=${process.env["PATH"] ?? ""}"`]);
  try {
    const { host, port, config_file } = sshd.destination;
    const settings = `, folder: ${sshd.folder}/sluice, ssh: {host: ${host}, port: ${port}, config_file: ${config_file}}`;
    await using gateway = await BenchGateway.open({ settings });
    const [ours, against] = await interleave([engineSubmits(gateway), loops(gateway, 1)], rounds);
    if (ours === undefined || against === undefined) throw new Error("a contender is missing");
    const what = "jobs submitted to slurmctld, over ssh";
    return [{ what, ours: perSecond(ours, count), against: perSecond(against, count), budget: { atLeast: 0.95 } }];
  } finally {
    await sshd.close();
  }
}
