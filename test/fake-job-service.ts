import { SluiceError } from "../src/errors.ts";
import { keptPath, requireContent } from "../src/clusters/cluster-files.ts";
import type { KeptFile } from "../src/jobs/cluster.ts";
import type { Caller, ClusterHealth, JobRequest, JobService, OutputBytes } from "../src/jobs/job-service.ts";
import type { StoredEvent } from "../src/schema/stored-event.ts";
import type { StoredJob } from "../src/schema/stored-job.ts";

export const fakeTime = "2026-07-01T10:00:00.000Z";

/** A job as the store has it, running, of alice. */
export function fakeJob(id: string, more: Partial<StoredJob> = {}): StoredJob {
  return {
    id,
    position: 1,
    cluster: "dev",
    owner: "alice",
    name: "train",
    labels: { team: "physics" },
    state: "running",
    rawState: "RUNNING",
    freshness: "fresh",
    nativeId: "12",
    directory: `/home/alice/.sluice/jobs/${id}`,
    acceptedAt: fakeTime,
    updatedAt: fakeTime,
    restarts: 0,
    cancelRequested: false,
    version: 3,
    ...more,
  };
}

/** What a test may set, and what it may look at. */
export class FakeJobService implements JobService {
  readonly jobs = new Map<string, StoredJob>();
  readonly keys = new Map<string, { readonly body: string; readonly id: string }>();
  readonly submitted: JobRequest[] = [];
  readonly calls: string[] = [];
  /** Thrown by the next submit. */
  failure: Error | undefined;
  health: ClusterHealth[] = [{ name: "dev", kind: "slurm", status: "up", lastAnswer: fakeTime, pollSeconds: 1 }];
  readonly written: StoredEvent[] = [];
  /** Events before that are gone. */
  oldest = 1;
  pieces: OutputBytes[] = [];
  /** What jobs have left, by name, and what is kept for them, by its hash. */
  readonly left = new Map<string, Uint8Array>();
  readonly kept = new Map<string, Uint8Array>();
  /** Whether a follower of output waits on at the end. */
  endless = false;
  readonly #listeners = new Set<() => void>();
  #next = 100;

  async submit(requests: readonly JobRequest[], caller: Caller) {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    return requests.map((request) => {
      if (request.script !== undefined && !request.script.startsWith("#!")) {
        return { invalid: new SluiceError("SCRIPT_INVALID", "line 1: no #!") };
      }
      const { idempotencyKey, ...asked } = request;
      const [key, body] = [`${caller.subject} ${idempotencyKey}`, JSON.stringify(asked)];
      const known = idempotencyKey === undefined ? undefined : this.keys.get(key);
      if (known !== undefined) {
        if (known.body !== body) return { conflict: new SluiceError("IDEMPOTENCY_CONFLICT", "used before") };
        return { job: this.#job(known.id), isNew: false };
      }
      this.submitted.push(request);
      this.#next += 1;
      const id = `01KB0000000000000000000${this.#next}`;
      const job = fakeJob(id, {
        owner: caller.subject,
        name: request.name ?? "command",
        labels: request.labels ?? {},
        state: "accepted",
      });
      this.jobs.set(id, job);
      if (idempotencyKey !== undefined) this.keys.set(key, { body, id });
      return { job, isNew: true };
    });
  }

  async test(request: JobRequest) {
    return [{ cluster: request.cluster ?? "dev", accepted: true, message: "would start now", startAt: fakeTime }];
  }
  async list(_listing: unknown, caller: Caller) {
    return { jobs: [...this.jobs.values()].filter((job) => mayTouch(job, caller)) };
  }
  async get(id: string, caller: Caller) {
    const job = this.jobs.get(id);
    if (job === undefined || !mayTouch(job, caller)) throw new SluiceError("JOB_NOT_FOUND", `no job ${id}`);
    return job;
  }
  async tasks(id: string, caller: Caller) {
    await this.get(id, caller);
    return [
      { jobId: id, nativeId: "12_1", state: "running", rawState: "RUNNING", updatedAt: fakeTime, restarts: 0 } as const,
    ];
  }
  async script(id: string, caller: Caller) {
    await this.get(id, caller);
    return Buffer.from("#!/bin/sh\nhostname\n");
  }
  async explain(id: string, caller: Caller) {
    await this.get(id, caller);
    return { summary: "it runs", findings: [{ what: "running on cpu-0", evidence: "RUNNING" }] };
  }
  async act(id: string, action: string, caller: Caller) {
    const job = await this.get(id, caller);
    this.calls.push(`${action} ${id}`);
    return job;
  }
  async signalJob(id: string, name: string, caller: Caller) {
    await this.get(id, caller);
    this.calls.push(`signal ${name} ${id}`);
  }
  async change(id: string, change: object, caller: Caller) {
    const job = await this.get(id, caller);
    this.calls.push(`change ${JSON.stringify(change)} ${id}`);
    return job;
  }

  async *output(
    id: string,
    { offset = 0, follow }: { readonly offset?: number; readonly follow: boolean },
    caller: Caller,
    signal: AbortSignal,
  ) {
    await this.get(id, caller);
    for (const piece of this.pieces) {
      if (signal.aborted) return;
      if (piece.offset >= offset) yield piece;
    }
    if (follow && this.endless) await aborted(signal);
  }

  async jobFile(id: string, name: string, caller: Caller) {
    await this.get(id, caller);
    const bytes = this.left.get(name);
    if (bytes === undefined) return undefined;
    return {
      size: bytes.length,
      async *pieces() {
        yield bytes;
      },
    };
  }
  async keepFile(cluster: string, file: KeptFile) {
    await this.inventory(cluster);
    await requireContent(file);
    this.kept.set(file.sha256, file.bytes);
    return keptPath("/home/alice/.sluice", file.sha256);
  }
  async keptFile(cluster: string, sha256: string) {
    await this.inventory(cluster);
    return this.kept.has(sha256) ? keptPath("/home/alice/.sluice", sha256) : undefined;
  }

  async lastEvent() {
    return this.written.length;
  }
  async *events(
    after: number | undefined,
    filter: { readonly jobId?: string; readonly types?: readonly string[] },
    caller: Caller,
    signal: AbortSignal,
  ) {
    let seq = after ?? this.written.length;
    if (seq + 1 < this.oldest) {
      seq = this.oldest - 1;
      yield { missed: true, seq } as const;
    }
    while (!signal.aborted) {
      const event = this.written[seq];
      if (event === undefined) {
        await this.#written(signal);
        continue;
      }
      seq += 1;
      const seen = caller.role === "operator" || caller.role === "admin" || event.owner === caller.subject;
      const wanted =
        (filter.jobId ?? event.jobId) === event.jobId && (filter.types ?? [event.type]).includes(event.type);
      if (seen && wanted) yield event;
    }
  }
  async queue() {
    return [{ cluster: "dev", nativeId: "12", name: "train", user: "alice", partition: "cpu", state: "RUNNING" }];
  }
  async clusters() {
    return this.health;
  }
  async inventory(cluster: string) {
    if (!this.health.some(({ name }) => name === cluster)) {
      throw new SluiceError("CLUSTER_NOT_FOUND", `no cluster ${cluster}`);
    }
    const node = {
      flags: [],
      acceptsJobs: true,
      cpus: { total: 8, allocated: 2 },
      memoryMb: { total: 8192, allocated: 512 },
      features: [],
    };
    const counts = { allocated: 1, idle: 0, other: 0 };
    const partition = { state: "up", isHidden: false, totalNodes: 1, totalCpus: 8, minNodes: 0, nodeCounts: counts };
    return {
      asOf: fakeTime,
      stale: false,
      nodes: [
        { ...node, name: "cpu-0", state: "mixed", partitions: ["cpu"] },
        { ...node, name: "gpu-0", state: "idle", flags: ["drain"], partitions: ["gpu"], gres: "gpu:fake:4" },
      ],
      partitions: [
        { ...partition, name: "cpu", isDefault: true, cpuCounts: { allocated: 2, idle: 6, other: 0 } },
        { ...partition, name: "gpu", isDefault: false, cpuCounts: { allocated: 2, idle: 0, other: 6 } },
      ],
    };
  }

  /** Writes an event, and wakes those who follow. */
  tell(jobId: string, owner = "alice"): void {
    const seq = this.written.length + 1;
    const common = { seq, at: fakeTime, jobId, cluster: "dev", owner };
    this.written.push({ ...common, type: "state", data: { state: "running", restarts: 0 } });
    for (const wake of this.#listeners) wake();
  }

  #job(id: string): StoredJob {
    const job = this.jobs.get(id);
    if (job === undefined) throw new Error(`no job ${id}`);
    return job;
  }

  #written(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#listeners.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#listeners.add(wake);
      signal.addEventListener("abort", wake);
    });
  }
}

function mayTouch(job: StoredJob, { subject, role }: Caller): boolean {
  return job.owner === subject || role === "operator" || role === "admin";
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
