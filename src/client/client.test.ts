import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { fakeJob } from "../../test/fake-job-service.ts";
import { servedGateway } from "../../test/served-gateway.ts";
import { SluiceError } from "../errors.ts";
import { exampleJobId } from "../gateway/contract/job-operations.ts";
import type { Clock } from "../jobs/clock.ts";
import { createClient, type Client, type ClientOptions } from "./client.ts";

const body = { script: "#!/bin/sh\nhostname\n", nodes: 2 };

/** Waits no longer than a turn of the loop, and notes how long it should have been. */
function impatient(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    now: () => 0,
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
      await new Promise((resolve) => void setImmediate(resolve));
    },
  };
}

type Served = Awaited<ReturnType<typeof servedGateway>>;
const clientOf = ({ url, token }: Served, more: Partial<ClientOptions> = {}): Client =>
  createClient({ url, token: token("user"), clock: impatient(), ...more });

describe("the client", () => {
  test("submits, reads, lists and acts", async () => {
    await using gateway = await servedGateway();
    const client = clientOf(gateway);
    const job = await client.submit(body);
    expect(await client.job(job.id)).toEqual(job);
    const listed = [];
    for await (const one of client.jobs({ state: "accepted,running" })) listed.push(one.id);
    expect(listed).toEqual([exampleJobId, job.id]);
    expect(Buffer.from(await client.script(job.id)).toString()).toContain("hostname");
    expect((await client.tasks(exampleJobId)).map(({ nativeId }) => nativeId)).toEqual(["12_1"]);
    expect((await client.explain(job.id)).summary).toBe("it runs");
    expect(await client.test(body)).toMatchObject([{ cluster: "dev", accepted: true }]);
    expect(await client.clusters()).toMatchObject([{ name: "dev" }]);
    expect(await client.queue({ cluster: "dev" })).toHaveLength(1);
    await client.cancel(job.id);
    await client.hold(job.id);
    await client.release(job.id);
    await client.requeue(job.id);
    await client.signal(job.id, "USR1");
    await client.change(job.id, { timeLimit: "10" });
    expect(gateway.service.calls.map((call) => call.replace(` ${job.id}`, ""))).toEqual([
      "cancel",
      "hold",
      "release",
      "requeue",
      "signal USR1",
      'change {"timeLimit":"10"}',
    ]);
    const results = await client.submitAll([body, { ...body, script: "no" }]);
    expect(results.map((result) => "job" in result)).toEqual([true, false]);
  });

  test("throws what the gateway threw", async () => {
    await using gateway = await servedGateway();
    await expect(clientOf(gateway).job("nobody")).rejects.toMatchObject({
      code: "JOB_NOT_FOUND",
      message: "no job nobody",
    });
    await expect(clientOf(gateway, { token: "sluice_wrong" }).clusters()).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
    });
  });

  test("tries a submit again with one key, so that an answer that got lost makes no second job", async () => {
    await using gateway = await servedGateway();
    let lost = 0;
    const flaky = async (request: Request): Promise<Response> => {
      const response = await fetch(request);
      if (lost === 2) return response;
      lost += 1;
      await response.body?.cancel();
      throw new TypeError("socket hang up");
    };
    const clock = impatient();
    const job = await clientOf(gateway, { fetch: flaky, clock, random: () => 1 }).submit(body);
    expect(gateway.service.submitted).toHaveLength(1);
    expect(job.id).toMatch(/^01KB/);
    expect(clock.waits).toEqual([200, 400]);
  });

  test("waits as long as it is told to before it comes again", async () => {
    await using gateway = await servedGateway({ rateLimit: { perSecond: 20, burst: 1 } });
    const clock = impatient();
    const client = clientOf(gateway, { clock, attempts: 100_000 });
    await Promise.all([client.clusters(), client.clusters(), client.clusters()]);
    expect(clock.waits.length).toBeGreaterThan(0);
    expect(Math.min(...clock.waits)).toBeGreaterThanOrEqual(1_000);
  });

  test("keeps content, and reads what a job has left, byte for byte", async () => {
    await using gateway = await servedGateway();
    const client = clientOf(gateway);
    const whole = Buffer.from([1, 0, 255, 13, 10, 2]);
    // A view of a larger buffer: no more than it shows is sent.
    const bytes = new Uint8Array(whole.buffer, whole.byteOffset + 1, 4);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(await client.keptFile("dev", sha256)).toBeUndefined();
    const path = await client.keepFile("dev", sha256, bytes);
    expect(await client.keptFile("dev", sha256)).toBe(path);
    expect([...(gateway.service.kept.get(sha256) ?? [])]).toEqual([0, 255, 13, 10]);
    await expect(client.keptFile("other", sha256)).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
    gateway.service.left.set("result.bin", bytes);
    expect([...((await client.jobFile(exampleJobId, "result.bin")) ?? [])]).toEqual([0, 255, 13, 10]);
    expect(await client.jobFile(exampleJobId, "other.bin")).toBeUndefined();
    await expect(client.jobFile("none", "result.bin")).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
  });

  test("tries no more often than it should, and what cannot be helped not at all", async () => {
    await using gateway = await servedGateway();
    let asked = 0;
    gateway.service.submit = () => {
      asked += 1;
      return Promise.reject(new SluiceError("STORE_UNAVAILABLE", "locked"));
    };
    await expect(clientOf(gateway, { attempts: 3 }).submit(body)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(asked).toBe(3);
    gateway.service.signalJob = () => {
      asked += 1;
      return Promise.reject(new SluiceError("CLUSTER_UNREACHABLE", "gone"));
    };
    await expect(clientOf(gateway).signal(exampleJobId, "USR1")).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
    expect(asked).toBe(4);
    await expect(clientOf(gateway, { url: "http://127.0.0.1:1", attempts: 2 }).clusters()).rejects.toThrow(
      /does not answer/,
    );
  });

  test("asks again with the same key where the gateway dies within its answer", async () => {
    await using gateway = await servedGateway();
    let cut = 0;
    const client = clientOf(gateway, {
      fetch: async (request) => {
        const response = await fetch(request);
        cut += 1;
        if (cut > 1) return response;
        const whole = await response.text();
        const broken = new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(new TextEncoder().encode(whole.slice(0, 10))),
          pull: (controller) => controller.error(new TypeError("terminated")),
        });
        return new Response(broken, response);
      },
    });
    const job = await client.submit(body);
    expect(cut).toBe(2);
    expect(await client.job(job.id)).toEqual(job);
    expect((await client.page()).jobs.filter(({ id }) => id !== exampleJobId)).toHaveLength(1);
  });

  test("follows events through a restart of the gateway, each once and in order", async () => {
    await using gateway = await servedGateway();
    const stop = new AbortController();
    const { signal } = stop;
    const events = clientOf(gateway, { attempts: 50 }).events({ after: 0 }, { signal })[Symbol.asyncIterator]();
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      const { value } = await events.next();
      if (value !== undefined) seen.push(value.seq);
    };
    gateway.service.tell(exampleJobId);
    await read();
    const second = read();
    await gateway.restart();
    for (let i = 0; i < 3; i += 1) gateway.service.tell(exampleJobId);
    await second;
    await read();
    await read();
    expect(seen).toEqual([1, 2, 3, 4]);
    stop.abort();
    expect((await events.next()).done).toBe(true);
  });

  test("loses no event where the connection breaks before the first one came", async () => {
    await using gateway = await servedGateway();
    const stop = new AbortController();
    let cut = 0;
    const flaky = async (request: Request): Promise<Response> => {
      const response = await fetch(request);
      if (cut > 0 || response.body === null) return response;
      cut += 1;
      const reader = response.body.getReader();
      const opening = await reader.read();
      await reader.cancel();
      // While nobody listens, something happens.
      gateway.service.tell(exampleJobId);
      return new Response(opening.value, { headers: response.headers });
    };
    const client = clientOf(gateway, { fetch: flaky });
    for await (const event of client.events({}, { signal: stop.signal })) {
      expect(event).toMatchObject({ seq: 1, jobId: exampleJobId });
      break;
    }
    expect(cut).toBe(1);
  });

  test("stops following at once, though nothing happens and its request has been collected", async () => {
    await using gateway = await servedGateway();
    const stop = new AbortController();
    const { signal } = stop;
    gateway.service.tell(exampleJobId);
    const events = clientOf(gateway).events({ after: 0 }, { signal })[Symbol.asyncIterator]();
    await events.next();
    const next = events.next();
    setFlagsFromString("--expose-gc");
    runInNewContext("gc")();
    await new Promise((resolve) => void setImmediate(resolve));
    stop.abort();
    expect((await next).done).toBe(true);
  });

  test("says that events were missed", async () => {
    await using gateway = await servedGateway();
    for (let i = 0; i < 3; i += 1) gateway.service.tell(exampleJobId);
    gateway.service.oldest = 3;
    for await (const event of clientOf(gateway).events({ after: 0 })) {
      expect(event).toEqual({ type: "missed", seq: 2 });
      break;
    }
  });

  test("reads output on where it was cut off, byte for byte", async () => {
    await using gateway = await servedGateway();
    const whole = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 256));
    const asked: number[] = [];
    gateway.service.output = async function* (_id, { offset = 0 }) {
      asked.push(offset);
      for (let at = offset; at < whole.length; at += 100) {
        if (at > offset + 300) throw new SluiceError("CLUSTER_UNREACHABLE", "the channel broke");
        yield { offset: at, bytes: whole.subarray(at, at + 100) };
      }
    };
    const read: Uint8Array[] = [];
    for await (const { offset, bytes } of clientOf(gateway).output(exampleJobId, { follow: true })) {
      expect(offset).toBe(Buffer.concat(read).length);
      read.push(bytes);
    }
    expect(Buffer.concat(read).equals(whole)).toBe(true);
    expect(asked).toEqual([0, 400, 800]);
  });

  test("waits for the end of a job", async () => {
    await using gateway = await servedGateway();
    const client = clientOf(gateway);
    const waiting = client.wait(exampleJobId);
    gateway.service.jobs.set(exampleJobId, fakeJob(exampleJobId, { state: "failed", version: 4 }));
    gateway.service.tell(exampleJobId);
    expect(await waiting).toMatchObject({ state: "failed" });
    await expect(client.wait("nobody")).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
  });

  test("stops when it is told to", async () => {
    await using gateway = await servedGateway();
    const signal = AbortSignal.abort();
    await expect(clientOf(gateway).clusters({ signal })).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("stops waiting when it is told to, also before a gateway in its own process, which hears of no signal", async () => {
    await using gateway = await servedGateway();
    const fetch = (request: Request): Promise<Response> =>
      Promise.resolve(gateway.app.fetch(request, { trusted: true }));
    const waiting = clientOf(gateway, { fetch }).wait(exampleJobId, { signal: AbortSignal.timeout(50) });
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
