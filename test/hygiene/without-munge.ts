// Makes a cluster as on a machine where munge is not installed. Run with SLUICE_HOME set, in the folder to work in; the one
// argument is the port for ssh.
import { userInfo } from "node:os";
import { join } from "node:path";
import { assembleLauncher } from "../../src/assemble-launcher.ts";
import { readConfig } from "../../src/config.ts";
import { createCluster } from "../../src/launcher/create.ts";
import { specFromOptions } from "../../src/launcher/create-options.ts";
import { createNativeDriver } from "../../src/launcher/drivers/native/native-driver.ts";
import { findPrograms } from "../../src/launcher/drivers/native/programs.ts";
import { registry } from "../../src/registry.ts";
import { createLocalRunner } from "../../src/remote/local-runner.ts";

const config = readConfig();
const programs = findPrograms(config.path);
const { uid, username } = userInfo();
const native = createNativeDriver({
  user: username,
  uid,
  programs: { ...programs, find: (name) => (name === "munged" ? undefined : programs.find(name)) },
  runner: createLocalRunner({ env: { PATH: programs.searchPath, LANG: "C.UTF-8" } }),
});
const { design, file } = await createCluster(
  { ...assembleLauncher(config), drivers: registry("driver", [native]) },
  {
    spec: specFromOptions({ name: "c", preset: "gpu" }),
    wishes: { services: new Set(), sshPort: Number(process.argv[2]) },
    driver: "native",
    outputDirectory: join(process.cwd(), ".slurm-cluster"),
    start: true,
    wait: true,
    rollback: true,
    signal: new AbortController().signal,
    timeoutMs: 30_000,
    progress: () => {},
  },
);
process.stdout.write(JSON.stringify({ auth: file.auth, notes: design.notes }));
