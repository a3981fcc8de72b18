import { describe, expect, test } from "vitest";
import { fakeGateway } from "../../test/fake-gateway.ts";
import { BatchReport } from "../schema/api-batch.ts";
import { Problem } from "../schema/api-problem.ts";

const job = { script: "#!/bin/sh\nhostname\n", name: "train", nodes: 2, ntasksPerNode: 4, hold: true, array: "0-9%2" };
const post = (body: unknown, more: RequestInit = {}): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
  ...more,
});

describe("submitting", () => {
  test("a body's fields reach the engine, sbatch's options by their own names", async () => {
    const { request, service } = fakeGateway();
    const body = {
      ...job,
      cwd: "/tmp",
      env: { A: "1" },
      labels: { team: "x" },
      args: ["a b", "$(c)"],
      exclusive: "user",
    };
    const response = await request("/v1/jobs", post(body));
    expect(response.status).toBe(201);
    expect(service.submitted).toEqual([
      {
        script: job.script,
        name: "train",
        args: ["a b", "$(c)"],
        environment: { A: "1" },
        workDirectory: "/tmp",
        labels: { team: "x" },
        options: { nodes: 2, ntasksPerNode: 4, hold: true, array: "0-9%2", exclusive: "user" },
      },
    ]);
    expect(response.headers.get("location")).toMatch(/^\/v1\/jobs\/01KB/);
  });

  test("the same key and body give the same job, another body is a conflict", async () => {
    const { request, service } = fakeGateway();
    const headers = { "idempotency-key": "k-1" };
    const first = await request("/v1/jobs", post(job, { headers }));
    const second = await request("/v1/jobs", post(job, { headers }));
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(await second.json()).toEqual(await first.json());
    const third = await request("/v1/jobs", post({ ...job, nodes: 3 }, { headers }));
    expect(third.status).toBe(409);
    expect(Problem.parse(await third.json())).toMatchObject({
      code: "IDEMPOTENCY_CONFLICT",
      type: "/docs/errors.md#idempotency_conflict",
    });
    expect(service.submitted).toHaveLength(1);
  });

  test("a batch answers each job for itself, in order", async () => {
    const { request } = fakeGateway();
    const jobs = [job, { script: "hostname" }, { ...job, nodez: 1 }, { command: ["hostname"], idempotencyKey: "k" }];
    const response = await request("/v1/jobs:batch", post({ jobs }));
    const { results } = BatchReport.parse(await response.json());
    const problems = results.map((result) => ("problem" in result ? result.problem : undefined));
    expect(problems.map((problem) => problem?.code ?? "job")).toEqual([
      "job",
      "SCRIPT_INVALID",
      "INPUT_INVALID",
      "job",
    ]);
    expect(problems[2]?.detail).toMatch(/knows no field "nodez"; did you mean nodes\?/);
  });

  test("a batch of more than a thousand is refused", async () => {
    const { request } = fakeGateway();
    const response = await request("/v1/jobs:batch", post({ jobs: Array.from({ length: 1_001 }, () => job) }));
    expect(response.status).toBe(400);
  });

  test.each([
    [{}, /script: give a script, or a command/],
    [{ ...job, command: ["x"] }, /not both/],
    [{ ...job, cwd: "here" }, /cwd: takes an absolute path/],
    [{ ...job, env: { "1A": "x" } }, /env/],
    [{ ...job, uid: "root" }, /no field "uid"/],
    [{ ...job, name: "a\0b" }, /name: holds a NUL byte/],
    [{ ...job, dependencies: { on: [{ condition: "afterok" }] } }, /dependencies\.on\.0\.jobId/],
  ])("%j is refused by its field", async (body, message) => {
    const { request, service } = fakeGateway();
    const response = await request("/v1/jobs", post(body));
    expect(response.status).toBe(400);
    expect(Problem.parse(await response.json()).detail).toMatch(message);
    expect(service.submitted).toEqual([]);
  });
});
