import { z } from "zod";
import { ClusterSpec } from "./cluster-spec.ts";

const Port = z.int().min(1).max(65_535);

/** The version of `cluster.yaml` that this Sluice writes and the newest that it reads. */
export const clusterFileVersion = 1;

export const driverKinds = ["native", "compose"] as const;
export const DriverKind = z.enum(driverKinds);
export type DriverKind = z.infer<typeof DriverKind>;

/** Every port of a test cluster on this host. */
export const ClusterPorts = z.strictObject({
  ssh: Port.optional(),
  slurmctld: Port,
  /** One per slurmd, by node name. */
  nodes: z.record(z.string(), Port),
  registry: Port.optional(),
  slurmdbd: Port.optional(),
  mariadb: Port.optional(),
});
export type ClusterPorts = z.infer<typeof ClusterPorts>;

/** `cluster.yaml`: all that is needed to make the same cluster again. */
export const ClusterFile = z.strictObject({
  version: z.literal(clusterFileVersion),
  driver: DriverKind,
  created: z.iso.datetime(),
  /** The release that the configuration was written for: `22.05`. */
  slurm: z.string().regex(/^\d\d\.\d\d$/, "takes a release such as 22.05"),
  auth: z.enum(["munge", "none"]),
  ports: ClusterPorts,
  cluster: ClusterSpec,
});
export type ClusterFile = z.infer<typeof ClusterFile>;
