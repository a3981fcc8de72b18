import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { readEnvironment } from "./environment.ts";
import { SluiceError } from "./errors.ts";

/** Every setting that comes from the environment, parsed here once and handed on as a value. */
export const Config = z.object({
  /** `SLURM_TEST_CLUSTER`: the test cluster that commands mean where none is named. */
  testCluster: z.string().min(1).optional(),
  /** `SLUICE_HOME`, else `~/.sluice`: the registry of test clusters, and the folders of jobs on real clusters. */
  home: z.string().startsWith("/", "SLUICE_HOME (or HOME) must be an absolute path"),
  /** `SLUICE_URL`: the gateway that commands about jobs talk to; this process and the local store where absent. */
  url: z
    .string()
    .regex(/^(https?:\/\/[^/]|unix:\/)/, "SLUICE_URL takes http://HOST:PORT, https://HOST or unix:/PATH")
    .optional(),
  /** `SLUICE_TOKEN_FILE`: the token for that gateway, in a file that nobody else may read. */
  tokenFile: z.string().startsWith("/", "SLUICE_TOKEN_FILE must be an absolute path").optional(),
  /** `SLUICE_STORE`: where jobs are kept, a path or `postgres://USER@HOST/DATABASE`; `jobs.db` in the home where absent. */
  store: z.string(),
  /** `PATH`, where daemons and commands are looked for. */
  path: z.string(),
  /** All variables: what Slurm's programs run with, and what sbatch hands on to jobs. Never printed. */
  environment: z.record(z.string(), z.string()),
});
export type Config = z.infer<typeof Config>;

/** The variables that are read, and what each says. */
export const settingVariables = {
  SLUICE_HOME: "where Sluice keeps what is its own",
  SLUICE_URL: "the gateway that commands about jobs talk to",
  SLUICE_TOKEN_FILE: "the file with the token for that gateway",
  SLUICE_STORE: "where jobs are kept",
  SLURM_TEST_CLUSTER: "the test cluster that commands mean where none is named",
  SLURM_CONF: "where Slurm's own programs find their configuration",
  HOME: "where the home is looked for without SLUICE_HOME",
  PATH: "where programs are looked for",
} as const;

/** Throws `INPUT_INVALID` that names the variable. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = readEnvironment()): Config {
  const set = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  const home = set("SLUICE_HOME") ?? join(set("HOME") ?? homedir(), ".sluice");
  const parsed = Config.safeParse({
    testCluster: set("SLURM_TEST_CLUSTER"),
    home,
    url: set("SLUICE_URL"),
    tokenFile: set("SLUICE_TOKEN_FILE"),
    store: set("SLUICE_STORE") ?? join(home, "jobs.db"),
    path: set("PATH") ?? "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
    environment: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
  });
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues.map((issue) => issue.message).join("; ");
  throw new SluiceError("INPUT_INVALID", `the environment is not accepted: ${problem}`, { cause: parsed.error });
}
