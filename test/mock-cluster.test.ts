import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assembleEngine } from "../src/assemble-engine.ts";
import { readConfig } from "../src/config.ts";
import type { Caller } from "../src/jobs/job-service.ts";
import { finalStates } from "../src/schema/job.ts";

const caller: Caller = { subject: "ada", role: "user" };
const never = new AbortController().signal;

const settings = `
clusters:
  pretend:
    kind: mock
    outcomes:
      - {name: "bad-*", exit_code: 3, stderr: "boom\\n"}
      - {name: slow, states: [pending, {state: running, seconds: 2}]}
      - {name: "moved", states: [pending, running, pending, running]}
    faults:
      - {fault: lose-answer, times: 2}
      - {fault: unreachable, to: find, times: 2}
      - {fault: unreachable, to: look, after: 3, times: 2}
      - {fault: refuse, name: "no", message: Invalid account}
`;

test(
  "the engine submits once though answers are lost, and follows each job to the end that it was told",
  { timeout: 60_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "mock-"));
    try {
      await writeFile(join(folder, "sluice.yaml"), settings);
      const config = readConfig({ PATH: process.env["PATH"], HOME: folder, SLUICE_HOME: join(folder, "home") });
      await using engine = await assembleEngine(config, { cwd: folder });
      engine.start();
      const names = ["good", "bad-1", "moved", "no", "good"];
      const script = "#!/bin/sh\nexit 9\n";
      const answers = await engine.submit(
        names.map((name) => ({ cluster: "pretend", name, script })),
        caller,
      );
      const ids = answers.flatMap((answer) => ("job" in answer && answer.job !== undefined ? [answer.job.id] : []));
      expect(ids).toHaveLength(names.length);
      const jobs = () => Promise.all(ids.map((id) => engine.get(id, caller)));
      await expect
        .poll(async () => (await jobs()).every(({ state }) => finalStates.has(state)), {
          timeout: 50_000,
          interval: 50,
        })
        .toBe(true);

      expect(await jobs()).toMatchObject([
        { state: "completed" },
        { state: "failed", exit: { status: 3, signal: 0 } },
        { state: "completed", restarts: 1 },
        { state: "rejected", error: { message: expect.stringContaining("Invalid account") } },
        { state: "completed" },
      ]);
      const [good = "", bad = ""] = ids;
      const [slow] = await engine.submit([{ cluster: "pretend", name: "slow", script }], caller);
      const slowId = slow !== undefined && "job" in slow && slow.job !== undefined ? slow.job.id : "";
      const after = (jobId: string) => ({
        cluster: "pretend",
        name: "after",
        script,
        dependencies: { needs: "all", on: [{ condition: "afterok", jobId }] } as const,
      });
      const dependents = await engine.submit([after(good), after(bad), after(slowId)], caller);
      const states = async (): Promise<readonly (string | undefined)[]> =>
        Promise.all(
          dependents.map(async (answer) =>
            "job" in answer && answer.job !== undefined ? (await engine.get(answer.job.id, caller)).state : undefined,
          ),
        );
      await expect.poll(states, { timeout: 20_000, interval: 50 }).toEqual(["completed", "rejected", "completed"]);
      const rows = await engine.queue({ cluster: "pretend" }, caller);
      expect(rows.map(({ nativeId }) => nativeId)).toEqual([
        "mock-1",
        "mock-2",
        "mock-3",
        "mock-4",
        "mock-5",
        "mock-6",
        "mock-7",
      ]);
      const text: Uint8Array[] = [];
      const asked = { stream: "stderr", follow: false } as const;
      for await (const { bytes } of engine.output(ids[1] ?? "", asked, caller, never)) text.push(bytes);
      expect(Buffer.concat(text).toString()).toBe("boom\n");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
