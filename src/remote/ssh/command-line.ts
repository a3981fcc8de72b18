import { ownerPlaceholder } from "../../schema/owners.ts";
import type { SshDestination } from "../../schema/ssh-destination.ts";

/** What ssh is called with, the program's own name left out. */
export function sshArguments({ host, user, port, identity_file, config_file, options = {} }: SshDestination): string[] {
  // Of an option that is given twice ssh takes the first, and the command line before any file.
  const settings: Readonly<Record<string, string>> = {
    // Nothing ever asks: there may be nobody, and a terminal belongs to the job's output.
    BatchMode: "yes",
    StrictHostKeyChecking: options.StrictHostKeyChecking ?? "yes",
    // A master that is there already is used, which helps where logging in takes a one-time password. None is made: it would outlive Sluice.
    ControlMaster: "no",
    ClearAllForwardings: "yes",
    ForwardAgent: "no",
    ForwardX11: "no",
    PermitLocalCommand: "no",
    RemoteCommand: "none",
    RequestTTY: "no",
    LogLevel: "ERROR",
    ...options,
    // A master that is there may be logged in as somebody else.
    ...(user !== undefined && { ControlPath: "none" }),
    ConnectTimeout: options.ConnectTimeout ?? "10",
    ServerAliveInterval: options.ServerAliveInterval ?? "15",
    ServerAliveCountMax: options.ServerAliveCountMax ?? "3",
  };
  return [
    ...(config_file === undefined ? [] : ["-F", config_file]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(user === undefined || user === ownerPlaceholder ? [] : ["-l", user]),
    ...(identity_file === undefined ? [] : ["-i", identity_file]),
    ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    "--",
    host,
    // The user's login shell reads this, whichever it is. As a login shell sh has the PATH of the site, and of Slurm, that
    // administrators set in /etc/profile.
    "exec /bin/sh -l",
  ];
}
