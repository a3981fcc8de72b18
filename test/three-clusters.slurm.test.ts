import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { createClient } from "../src/client/client.ts";
import { readConfig } from "../src/config.ts";
import { compiledElsewhere } from "./compiled-elsewhere.ts";
import { startSlurmrestd } from "./real-slurmrestd.ts";
import { startSshd } from "./real-sshd.ts";
import { startServing } from "./serving.ts";
import { openWorkspace } from "./sluice.ts";

const execute = promisify(execFile);
const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const clusters = ["dev", "far", "rest"] as const;
const script = '#!/bin/sh\necho "by $1 on $SLURM_CLUSTER_NAME as job $SLURM_JOB_ID"\nexit 3\n';

test("one gateway before a test cluster, one behind ssh and one behind slurmrestd: each takes jobs from curl, client and command line, and two terminals see all of it", async () => {
  await using workspace = await openWorkspace();
  await workspace.start("dev");
  const sshd = await startSshd();
  const slurm_conf = inject("slurmConf");
  await using slurmrestd = await startSlurmrestd(slurm_conf);
  try {
    const root = dirname(workspace.cwd);
    const far = { kind: "slurm", ssh: sshd.destination, slurm_conf, folder: join(root, "far") };
    const rest = { kind: "slurm-rest", socket: slurmrestd.socket, slurm_conf, folder: join(root, "rest") };
    await writeFile(join(workspace.cwd, "sluice.yaml"), JSON.stringify({ clusters: { far, rest } }));
    await writeFile(join(workspace.cwd, "job.sh"), script);
    const env = { ...readConfig().environment, HOME: root, SLUICE_HOME: workspace.home, ...compiledElsewhere };
    await using serving = await startServing({ cwd: workspace.cwd, env });
    const { url, token } = serving;
    const remote = { cwd: workspace.cwd, env: { ...env, SLUICE_URL: url } };
    const client = createClient({ url, token });

    const terminals = [1, 2].map(() => spawn(process.execPath, [main, "events", "--json", "--after", "0"], remote));
    const seen = terminals.map(() => "");
    terminals.forEach(({ stdout }, at) => stdout.setEncoding("utf8").on("data", (text: string) => (seen[at] += text)));

    const expected: string[] = [];
    for (const cluster of clusters) {
      const body = JSON.stringify({ cluster, script, args: ["curl"] });
      const line = `printf 'header = "Authorization: Bearer %s"' "$TOKEN" | curl -sS --fail-with-body -K - -H 'Content-Type: application/json' -d "$BODY" "$SLUICE_URL/v1/jobs"`;
      const curl = await execute("sh", ["-c", line], { env: { ...remote.env, TOKEN: token, BODY: body } });
      const { id: byCurl } = JSON.parse(curl.stdout);
      const { id: byClient } = await client.submit({ cluster, script, args: ["client"] });
      const submit = await execute(
        process.execPath,
        [main, "submit", "--cluster", cluster, "job.sh", "command"],
        remote,
      );
      const byCommand = submit.stdout.trim();
      for (const [who, id] of Object.entries({ curl: byCurl, client: byClient, command: byCommand })) {
        const job = await client.wait(id);
        expect(job).toMatchObject({ cluster, state: "failed", exit: { status: 3, signal: 0 } });
        const name = cluster === "dev" ? "dev" : "bare";
        const { stdout } = await execute(process.execPath, [main, "logs", "--follow", id], remote);
        expect(stdout).toBe(`by ${who} on ${name} as job ${job.nativeId}\n`);
        expected.push(id);
      }
    }

    const endsIn = (text: string): readonly string[] =>
      text
        .split("\n")
        .filter((line) => line !== "" && text.includes(`${line}\n`))
        .map((line) => JSON.parse(line))
        .filter(({ type, data }) => type === "state" && data.state === "failed")
        .map(({ jobId }) => jobId);
    for (const at of [0, 1]) {
      await expect.poll(() => endsIn(seen[at] ?? "").toSorted(), { timeout: 60_000 }).toEqual(expected.toSorted());
    }
    const ends = terminals.map((terminal) => once(terminal, "close"));
    for (const terminal of terminals) terminal.kill();
    await Promise.all(ends);
    expect(seen[0]).toBe(seen[1]);
  } finally {
    await sshd.close();
  }
}, 240_000);
