import { z } from "zod";
import { ownerPlaceholder, UnixUser } from "./owners.ts";

/** A path on this machine; ssh itself reads a leading `~`. */
const localPath = z
  .string()
  .regex(/^(\/|~\/)[^\n\0]*$/, "takes an absolute path, or one that begins with ~/")
  .max(4096);

/**
 * Options of ssh_config(5) that a project's file may set. Those that run programs here, weaken the check of host keys or change
 * what the channel itself needs are left to the user's own ssh configuration, or to Sluice.
 */
const optionNames = [
  "AddressFamily",
  "BindAddress",
  "BindInterface",
  "CertificateFile",
  "Ciphers",
  "Compression",
  "ConnectTimeout",
  "ConnectionAttempts",
  "ControlPath",
  "GlobalKnownHostsFile",
  "GSSAPIAuthentication",
  "GSSAPIDelegateCredentials",
  "HostKeyAlgorithms",
  "HostKeyAlias",
  "HostName",
  "IdentitiesOnly",
  "IdentityAgent",
  "IPQoS",
  "KexAlgorithms",
  "MACs",
  "PreferredAuthentications",
  "ProxyJump",
  "PubkeyAcceptedAlgorithms",
  "RekeyLimit",
  "ServerAliveCountMax",
  "ServerAliveInterval",
  "StrictHostKeyChecking",
  "UserKnownHostsFile",
] as const;

const optionValue = z
  .union([z.string(), z.int(), z.boolean()])
  .transform((value) => (typeof value === "boolean" ? (value ? "yes" : "no") : String(value)))
  .pipe(z.string().regex(/^[^\n\0]{1,4096}$/, "takes one line of text"));

/** Where a cluster's login node is, and how the system's ssh gets there beyond what the user's ssh configuration says. */
export const SshDestination = z
  .strictObject({
    host: z
      .string()
      .regex(/^(?:[^\s@\-'"`$\\;&|<>(){}][^\s@'"`$\\;&|<>(){}]*@)?[A-Za-z0-9_[\]][A-Za-z0-9_.:%[\]-]*$/, {
        message: "takes a host as ssh takes it: login.example.org, user@login, or a Host of the ssh configuration",
      })
      .max(512)
      .describe("`host`, `user@host`, or a `Host` of the ssh configuration"),
    user: z
      .string()
      .refine((name) => name === ownerPlaceholder || UnixUser.safeParse(name).success, {
        message: `takes the name of a user, or ${ownerPlaceholder} for the one whom a job's owner is mapped to`,
      })
      .optional()
      .describe("The login there; `{owner}` stands for the Unix user whom a job's owner is mapped to"),
    port: z.int().min(1).max(65_535).optional().describe("What the ssh configuration says, or 22, where left out"),
    identity_file: localPath.optional().describe("The key to log in with; what ssh itself would try where left out"),
    config_file: localPath.optional().describe("Read in place of `~/.ssh/config` and the system's (`ssh -F`)"),
    options: z
      .partialRecord(z.enum(optionNames), optionValue, {
        error: ({ input }) => {
          const known: readonly string[] = optionNames;
          const others = Object.keys(Object(input)).filter((name) => !known.includes(name));
          if (others.length === 0) return undefined;
          return `${others.join(", ")} cannot be set here, but in your ssh configuration (~/.ssh/config); here: ${known.join(", ")}`;
        },
      })
      .refine(({ StrictHostKeyChecking: value }) => value === undefined || value === "yes" || value === "accept-new", {
        path: ["StrictHostKeyChecking"],
        message: "takes yes or accept-new: host keys are always checked",
      })
      .refine(({ UserKnownHostsFile: path }) => path !== "/dev/null" && path?.toLowerCase() !== "none", {
        path: ["UserKnownHostsFile"],
        message: "takes a file that keeps what it is told: host keys are always checked",
      })
      .optional()
      .describe("Options of ssh_config(5) for this connection"),
  })
  .refine(({ host, user }) => user === undefined || !host.includes("@"), {
    path: ["user"],
    message: "is given beside a host that names one; give one of them",
  });
export type SshDestination = z.infer<typeof SshDestination>;
