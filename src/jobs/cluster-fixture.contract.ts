import { ulid } from "ulid";
import type { JobObservation } from "../schema/job.ts";
import { systemClock } from "./clock.ts";
import type { Cluster, SubmitRequest, SubmittedJob } from "./cluster.ts";
import { followJob } from "./follow-job.contract.ts";

/** What a cluster was handed with a job, as it has it. */
export interface HandedOver {
  readonly nativeId: string;
  readonly name: string;
  readonly args: readonly string[];
  readonly workDirectory: string;
  /** Of an array. */
  readonly task?: number;
}

/** What a script does when it runs, for a cluster that runs none. */
export interface Deed {
  readonly stdout?: string | Uint8Array;
  readonly stderr?: string;
  readonly status?: number;
  /** The number of the signal that ends it. */
  readonly signal?: number;
  /** It runs on until this is so, and prints `last` then. */
  readonly until?: () => boolean;
  readonly last?: string;
  /** What it leaves in the folder `files` of its own folder, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A cluster under test runs the script; one that runs nothing is told what it does, which hangs on what it was handed. */
export type Does = (job: HandedOver) => Deed;

/** What a cluster under test is opened with. */
export interface ClusterFixture {
  readonly cluster: Cluster;
  /** An absolute path that the cluster's nodes see. */
  readonly workDirectory: string;
  /** Makes the cluster forget an ended job, its receipts left; for a cluster that has another memory than the receipts. */
  forgetEnded?(job: SubmittedJob): Promise<void>;
  /** Tells a cluster that runs no scripts what the one of this job, by Sluice's id, would do. */
  stage?(jobId: string, does: Does): void;
  close(): Promise<void>;
}

/** A job that has been followed to its end. */
export interface Ended {
  readonly job: SubmittedJob;
  readonly observations: readonly JobObservation[];
  readonly states: readonly string[];
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

const never = new AbortController().signal;

/** A request with what a test does not care for filled in. */
export function requestOf(
  script: string | Uint8Array,
  rest: Partial<SubmitRequest> & { workDirectory: string },
): SubmitRequest {
  const bytes = typeof script === "string" ? Buffer.from(script) : script;
  return { jobId: ulid(), script: bytes, args: [], name: "job.sh", options: [], ...rest };
}

/** Follows a job to its end; fails after two minutes. */
export async function followToEnd(
  cluster: Cluster,
  job: SubmittedJob,
  onState: (state: string) => Promise<void> | void = () => {},
): Promise<Ended> {
  const output = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const states: string[] = [];
  for await (const event of followJob({ cluster, clock: systemClock }, job, { signal: never, deadlineMs: 110_000 })) {
    if (event.type === "output") output[event.file.stream].push(event.bytes);
    if (event.type === "observed") {
      for (const { observation } of event.changes) {
        states.push(observation.state);
        await onState(observation.state);
      }
    }
    if (event.type === "ended") {
      const { observations } = event;
      return {
        job,
        observations,
        states,
        stdout: Buffer.concat(output.stdout),
        stderr: Buffer.concat(output.stderr),
      };
    }
  }
  throw new Error("the job was not followed to its end");
}
