import { registry } from "../registry.ts";
import { cgroup } from "./probes/cgroup.ts";
import { containers } from "./probes/containers.ts";
import { machine } from "./probes/machine.ts";
import { munge } from "./probes/munge.ts";
import { ports } from "./probes/ports.ts";
import { severalSlurmd } from "./probes/several-slurmd.ts";
import { optionalServices } from "./probes/services.ts";
import { slurm } from "./probes/slurm.ts";
import { ssh } from "./probes/ssh.ts";
import type { Probe } from "./probe.ts";

/** Every probe, in the order of the table. A new one is one file and one line here. */
export const probes = registry<Probe>("probe", [
  machine,
  slurm,
  severalSlurmd,
  munge,
  ports,
  cgroup,
  ssh,
  optionalServices,
  containers,
]);
