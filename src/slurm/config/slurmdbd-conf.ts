import type { PlannedAuth, PlannedFile } from "../../schema/cluster-plan.ts";
import { listedPath, secretSetting, setting } from "./conf-value.ts";
import { header } from "./header.ts";

/** What slurmdbd needs to know. */
export interface SlurmdbdPlan {
  readonly cluster: string;
  readonly hostname: string;
  readonly address: string;
  readonly port: number;
  readonly auth: PlannedAuth;
  readonly slurmUser: string;
  readonly storage: {
    /** `localhost` is MariaDB's socket: the one that `MYSQL_UNIX_PORT` names in slurmdbd's environment. */
    readonly host: string;
    /** Absent with a socket. */
    readonly port?: number;
    readonly user: string;
    /** Absent where MariaDB lets the user in without one. */
    readonly password?: string;
    readonly database: string;
  };
  readonly logFile: string;
  readonly pidFile: string;
}

/** slurmdbd.conf(5), readable by SlurmUser alone: slurmdbd refuses to start otherwise. Throws `CONFIG_INVALID`. */
export function writeSlurmdbdConf(plan: SlurmdbdPlan): PlannedFile {
  const { auth, storage } = plan;
  const lines = [
    ...header(plan.cluster, "slurmdbd.conf(5)"),
    setting("DbdHost", plan.hostname),
    setting("DbdAddr", plan.address),
    `DbdPort=${plan.port}`,
    setting("SlurmUser", plan.slurmUser),
    `AuthType=auth/${auth.type}`,
    ...(auth.type === "munge" ? [setting("AuthInfo", `socket=${listedPath("AuthInfo", auth.socket, /,/)}`)] : []),
    "StorageType=accounting_storage/mysql",
    setting("StorageHost", storage.host),
    ...(storage.port === undefined ? [] : [`StoragePort=${storage.port}`]),
    setting("StorageUser", storage.user),
    ...(storage.password === undefined ? [] : [secretSetting("StoragePass", storage.password)]),
    setting("StorageLoc", storage.database),
    setting("LogFile", plan.logFile),
    setting("PidFile", plan.pidFile),
  ];
  return { path: "config/slurmdbd.conf", text: `${lines.join("\n")}\n`, mode: 0o600 };
}
