import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startBareCluster } from "../../../../test/bare-cluster.ts";
import { startSlurmrestd } from "../../../../test/real-slurmrestd.ts";
import { readConfig } from "../../../config.ts";
import { describeCluster } from "../../../jobs/cluster.contract.ts";
import { createLocalRunner } from "../../../remote/local-runner.ts";
import { createRestClient } from "./rest-client.ts";
import { createRestCluster } from "./rest-cluster.ts";
import { createRestSession } from "./rest-session.ts";

const execute = promisify(execFile);

describeCluster(
  "slurm-rest",
  async () => {
    // A controller that forgets: jobs leave its memory while the tests run.
    const bare = await startBareCluster(["MinJobAge=2"]);
    const restd = await startSlurmrestd(bare.slurmConf);
    const environment = { ...readConfig().environment, SLURM_CONF: bare.slurmConf };
    const base = await mkdtemp(join(tmpdir(), "sluice it's $(x) %j "));
    const workDirectory = await mkdtemp(join(tmpdir(), "work it's "));
    const cluster = createRestCluster({
      name: "rest",
      base,
      environment,
      runner: createLocalRunner({ env: environment }),
      session: createRestSession({ client: createRestClient({ socket: restd.socket }) }),
    });
    return {
      cluster,
      workDirectory,
      async forgetEnded({ nativeId }) {
        const argv = ["--noheader", "--states=all", `--jobs=${nativeId},999999`, "--Format=JobID"];
        const deadline = Date.now() + 40_000;
        while ((await execute("squeue", argv, { env: environment })).stdout !== "") {
          if (Date.now() > deadline) throw new Error(`slurmctld still remembers job ${nativeId} after 40 s`);
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      },
      async close() {
        await restd[Symbol.asyncDispose]();
        await bare.close();
        await Promise.all([base, workDirectory].map((folder) => rm(folder, { recursive: true, force: true })));
      },
    };
  },
  { pendingOptions: ["--hold"], forgets: true },
);
