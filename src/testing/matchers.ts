import { ArrayJob } from "../sdk/array-job.ts";
import { Job } from "../sdk/job.ts";
import { readScript } from "../slurm/batch/read-script.ts";
import type { TaskOptions } from "../sdk/define/task-options.ts";
import { resolveOptions } from "../sdk/define/resolve-options.ts";

/** What a matcher tells Vitest or Jest. */
export interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

/** A job, or an array of jobs, as far as matchers look at it. */
interface MatchedJob {
  readonly id: string;
  readonly name: string;
  readonly script: string;
  readonly end: (options: PatienceOptions) => Promise<unknown>;
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** How a job is expected to fail: text of the message, a class of error, or fields that the error has. */
export type ExpectedFailure = string | RegExp | ErrorClass | Readonly<Record<string, unknown>>;

export interface PatienceOptions {
  /** Milliseconds, or a text such as `"60s"`; as long as the test runs where left out. */
  readonly timeout?: number | string;
}

/** The matchers, as `expect.extend` of Vitest and of Jest takes them. */
export const matchers = {
  async toComplete(received: unknown, options: PatienceOptions = {}): Promise<Verdict> {
    const job = jobOf(received, "toComplete");
    try {
      await job.end(options);
      return { pass: true, message: () => `expected ${nameOf(job)} not to complete, and it has` };
    } catch (error) {
      return { pass: false, message: () => `expected ${nameOf(job)} to complete: ${messageOf(error)}` };
    }
  },

  async toFailWith(received: unknown, expected: ExpectedFailure, options: PatienceOptions = {}): Promise<Verdict> {
    const job = jobOf(received, "toFailWith");
    let error: unknown;
    try {
      await job.end(options);
      return {
        pass: false,
        message: () => `expected ${nameOf(job)} to fail with ${inWords(expected)}, and it completed`,
      };
    } catch (thrown) {
      error = thrown;
    }
    const pass = fits(error, expected);
    const not = pass ? "not " : "";
    return {
      pass,
      message: () =>
        `expected ${nameOf(job)} ${not}to fail with ${inWords(expected)}, and it failed with ${messageOf(error)}`,
    };
  },

  toRequest(received: unknown, expected: TaskOptions): Verdict {
    const job = jobOf(received, "toRequest");
    const [given] = readScript(job.script).components;
    const asked = new Map<string, string>(given.map(({ option, value = "" }) => [option.name, value] as const));
    const wanted = resolveOptions([expected]).sbatch.map(({ name, value = "" }) => [name, value] as const);
    const missing = wanted.filter(([name, value]) => asked.get(name) !== value);
    const pass = missing.length === 0;
    const line = ([name, value]: readonly [string, string]): string => `--${name}${value === "" ? "" : `=${value}`}`;
    return {
      pass,
      message: () =>
        pass
          ? `expected ${nameOf(job)} not to request ${wanted.map(line).join(" ")}, and it does`
          : `expected ${nameOf(job)} to request ${missing.map(line).join(" ")}; it requests ${[...asked].map(line).join(" ")}`,
    };
  },
};

/** The matchers as they stand behind `expect(job)`. */
export interface JobMatchers<R> {
  /** Waits for the job, which ends well. */
  toComplete(options?: PatienceOptions): Promise<R>;
  /** Waits for the job, which fails so. */
  toFailWith(expected: ExpectedFailure, options?: PatienceOptions): Promise<R>;
  /** The script asks for all of these; of what else it asks for nothing is said. */
  toRequest(expected: TaskOptions): R;
}

function jobOf(received: unknown, matcher: string): MatchedJob {
  if (received instanceof Job) {
    const { id, name, script } = received;
    return { id, name, script, end: (options) => received.wait(options) };
  }
  if (received instanceof ArrayJob) {
    const { id, name, script } = received;
    return { id, name, script, end: (options) => received.results(options) };
  }
  throw new TypeError(`${matcher} looks at a job; give it what cluster.submit(…)(…) resolves to: expect(await …)`);
}

function nameOf({ name, id }: MatchedJob): string {
  return `job "${name}" (${id})`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function fits(error: unknown, expected: ExpectedFailure): boolean {
  const message = error instanceof Error ? error.message : String(error);
  if (typeof expected === "string") return message.includes(expected);
  if (expected instanceof RegExp) return expected.test(message);
  if (typeof expected === "function") return error instanceof expected;
  return Object.entries(expected).every(([key, value]) => holds(error, key, value));
}

function holds(error: unknown, key: string, expected: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const value: unknown = Reflect.get(error, key);
  return expected instanceof RegExp ? expected.test(String(value)) : Object.is(value, expected);
}

function inWords(expected: ExpectedFailure): string {
  if (typeof expected === "function") return expected.name;
  return expected instanceof RegExp ? String(expected) : JSON.stringify(expected);
}
