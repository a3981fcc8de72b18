import { SluiceError } from "../../errors.ts";
import type { Clock } from "../../jobs/clock.ts";
import { requestId } from "../request/request-id.ts";
import type { TopologyRequest } from "../request/topology-request.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { topologyBounds, type TopologyAnswer, type TopologyChange, type TopologyStore } from "../topology-store.ts";
import { attempt } from "./attempts.ts";
import { rememberedIds, ResultCache } from "./result-cache.ts";
import { asksForSame, countNodes } from "./same-request.ts";
import { Slots } from "./slots.ts";

/** Attempts under way at once; the others wait in line. */
const mostAtOnce = 16;
/** Requests, and instances in all of them, that may be under way; more are refused until some have ended. */
const mostUnderWay = 1_000;
const mostInstances = 5_000_000;
/** Requests of one id that wait side by side for answers of their own. */
const mostBeside = 16;
/** The longest wait for a store that is away; the first is a second. */
const longestStoreWaitMs = 5_000;
/** Longer reasons are cut off in the list of requests; the answer itself is whole. */
const longestReason = 2_000;

export interface TopologyServiceDeps {
  readonly clock: Clock;
  readonly store: TopologyStore;
  readonly log: TopologyHost["log"];
  /** How long a request waits for another of its id, which starts the wait anew; 0 and less for not at all. */
  readonly delayMs: number;
  /** How long one attempt may take. */
  readonly attemptMs: number;
  /** This process, among all that share the store. */
  readonly holder: string;
  readonly isDead: (holder: string) => boolean;
  /** One attempt. Throws `TopologyError`. */
  readonly run: (request: TopologyRequest, signal: AbortSignal) => Promise<{ readonly body: string }>;
  /** Whether the answer is all that the request leaves: see `EngineKind.answersOnly`. */
  readonly answersOnly: (request: TopologyRequest) => boolean;
  /** Takes note of an attempt that has ended. */
  readonly measure: (request: TopologyRequest, status: number, seconds: number) => void;
}

/** A request and those that asked for the same while it waited; they are told the same. */
interface Submission {
  readonly request: TopologyRequest;
  numbers: readonly number[];
  /** What stands under the id until this one is done. */
  pending: TopologyAnswer;
}

/** Requests of one id that wait; the last of them is the one that the id will stand for. */
interface Waiting {
  readonly submissions: Submission[];
  restart: AbortController;
}

/** A run that may write files or change Kubernetes, which is replaced by the next of its id. */
interface LeavingRun {
  readonly replaced: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Takes requests and answers them later. Under its id a request behaves as Topograph has it: the last one of an id counts,
 * and waits until none has come for a while. Under its number each has its own fate. Disposing ends what is under way.
 */
export class TopologyService implements AsyncDisposable {
  readonly #deps: TopologyServiceDeps;
  readonly #results = new ResultCache();
  readonly #waiting = new Map<string, Waiting>();
  /** By id, of what leaves more than its answer, the run that came last. */
  readonly #leaving = new Map<string, LeavingRun>();
  readonly #slots = new Slots(mostAtOnce);
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #underWay = 0;
  #instances = 0;
  /** Changes reach the store one after the other, in their order. */
  #writes: Promise<void> = Promise.resolve();

  private constructor(deps: TopologyServiceDeps) {
    this.#deps = deps;
  }

  /** Opens the service with the answers that the store holds. What a dead process has left undone is lost. */
  static async open(deps: TopologyServiceDeps): Promise<TopologyService> {
    const { store, clock, isDead } = deps;
    const left = (await store.unfinished()).filter(({ holder }) => isDead(holder)).map(({ number }) => number);
    if (left.length > 0) {
      await store.change(left, { ...lost, nextAttemptMs: undefined, endedMs: clock.now() });
    }
    const service = new TopologyService(deps);
    const answers = await store.latestAnswers(rememberedIds);
    for (const { id, status, body } of answers.toReversed()) service.#results.set(id, { status, body });
    return service;
  }

  /**
   * Takes a request. Throws `TopologyError`: 500 where it has no id, 503 where too many are under way; `STORE_UNAVAILABLE`.
   */
  async submit(request: TopologyRequest): Promise<{ readonly id: string; readonly number: number }> {
    const { store, clock, holder, log, delayMs } = this.#deps;
    const id = idOf(request, "failed to hash request: ");
    const nodes = countNodes(request);
    this.#admit(nodes);
    // Counted before anything is waited for, so that requests that come together do not all pass.
    this.#underWay += 1;
    this.#instances += nodes;
    let number: number;
    try {
      const { name: provider } = request.provider;
      const { name: engine } = request.engine;
      number = await store.add({ id, provider, engine, nodes, createdMs: clock.now(), holder });
    } catch (error) {
      this.#release(nodes);
      throw error;
    }
    log("info", `Submit request; delay processing by ${delayMs / 1_000} s`);
    this.#enqueue(id, { request, numbers: [number], pending: created(id) });
    return { id, number };
  }

  /** What the id stands for at the moment; 404 where it is unknown or forgotten. */
  result(id: string): TopologyAnswer {
    return this.#results.get(id) ?? { status: 404, body: `request ID ${id} not found` };
  }

  /** As `result`, for the id that a request has. Throws `TopologyError` (400) where it has none. */
  lookup(request: TopologyRequest): TopologyAnswer {
    return this.result(idOf(request, "", 400));
  }

  get history(): Pick<TopologyStore, "get" | "answer" | "list"> {
    return this.#deps.store;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
    await this.#writes;
  }

  #admit(nodes: number): void {
    if (this.#closing.signal.aborted) throw new TopologyError(503, "the server is shutting down");
    if (this.#underWay < mostUnderWay && this.#instances + nodes <= mostInstances) return;
    throw new TopologyError(503, "too many requests are under way; try again later");
  }

  #release(nodes: number): void {
    this.#underWay -= 1;
    this.#instances -= nodes;
  }

  #enqueue(id: string, submission: Submission): void {
    this.#results.set(id, submission.pending);
    const waiting = this.#waiting.get(id) ?? { submissions: [], restart: new AbortController() };
    this.#waiting.set(id, waiting);
    const twin = waiting.submissions.findIndex(({ request }) => asksForSame(request, submission.request));
    if (twin >= 0) {
      const [same] = waiting.submissions.splice(twin, 1);
      if (same !== undefined) {
        submission.numbers = [...same.numbers, ...submission.numbers].slice(-topologyBounds.records);
        this.#release(countNodes(same.request));
      }
    } else if (!this.#deps.answersOnly(submission.request) || waiting.submissions.length >= mostBeside) {
      const old = waiting.submissions.shift();
      if (old !== undefined) this.#supersede(old, submission);
    }
    waiting.submissions.push(submission);
    waiting.restart.abort();
    waiting.restart = new AbortController();
    const running = this.#processLater(id, waiting, waiting.restart.signal).finally(() => {
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  #supersede(old: Submission, by: Submission): void {
    this.#release(countNodes(old.request));
    this.#note(old, { ...supersededBy(numberOf(by), "begun"), endedMs: this.#deps.clock.now() });
  }

  async #processLater(id: string, waiting: Waiting, restarted: AbortSignal): Promise<void> {
    const { clock, delayMs, log } = this.#deps;
    const closing = this.#closing.signal;
    await clock.sleep(Math.max(0, delayMs), AbortSignal.any([restarted, closing]));
    if (restarted.aborted) return;
    this.#waiting.delete(id);
    if (!closing.aborted) log("info", `Processing request ID ${id}`);
    await Promise.all(waiting.submissions.map((submission) => this.#processInOrder(id, submission)));
  }

  /** What leaves more than its answer begins when that of its id before it has ended, so that the last is what stays. */
  async #processInOrder(id: string, submission: Submission): Promise<void> {
    const replaced = new AbortController();
    if (this.#deps.answersOnly(submission.request)) return this.#process(id, submission, replaced.signal);
    const before = this.#leaving.get(id);
    before?.replaced.abort(numberOf(submission));
    const ended = Promise.resolve(before?.ended).then(() => this.#process(id, submission, replaced.signal));
    const run = { replaced, ended };
    this.#leaving.set(id, run);
    await ended;
    if (this.#leaving.get(id) === run) this.#leaving.delete(id);
  }

  async #process(id: string, submission: Submission, replaced: AbortSignal): Promise<void> {
    const { clock, attemptMs, run, measure, log } = this.#deps;
    const { request } = submission;
    let startedMs: number | undefined;
    let attempts = 0;
    const answer = await attempt({
      clock,
      attemptMs,
      signal: this.#closing.signal,
      replaced,
      inTurn: (work) => this.#slots.with(work),
      run: (signal) => run(request, signal),
      onBegin: (number) => {
        attempts = number;
        startedMs ??= clock.now();
        this.#note(submission, { state: "running", attempts, startedMs, nextAttemptMs: undefined });
      },
      onEnd: (number, { status, body }, seconds, waitMs) => {
        measure(request, status, seconds);
        if (waitMs === undefined) return;
        log("info", `Attempt ${number} failed with error: ${body}. Retrying in ${waitMs / 1_000}s`);
        const nextAttemptMs = clock.now() + waitMs;
        this.#note(submission, { state: "retrying", attempts, status, reason: cut(body), nextAttemptMs });
      },
    });
    this.#release(countNodes(request));
    const endedMs = clock.now();
    if (answer === undefined) {
      const why = replaced.aborted
        ? supersededBy(Number(replaced.reason), attempts === 0 ? "begun" : "tried again")
        : lost;
      this.#note(submission, { ...why, nextAttemptMs: undefined, endedMs });
      return;
    }
    const { status, body } = answer;
    const isDone = status < 400;
    this.#results.replace(id, submission.pending, answer);
    log(isDone ? "info" : "error", isDone ? `HTTP ${status}` : `HTTP ${status}: ${body}`);
    const reason = isDone ? undefined : cut(body);
    this.#note(submission, { state: isDone ? "done" : "failed", attempts, status, reason, endedMs, body });
  }

  #note({ numbers }: Submission, change: TopologyChange): void {
    this.#writes = this.#writes.then(() => this.#write(numbers, change));
  }

  /** Writes as soon as the store can be written; the answer stands under its id all the same. */
  async #write(numbers: readonly number[], change: TopologyChange): Promise<void> {
    const { store, log, clock } = this.#deps;
    const closing = this.#closing.signal;
    for (let waitMs = 1_000; ; waitMs = Math.min(2 * waitMs, longestStoreWaitMs)) {
      try {
        return await store.change(numbers, change);
      } catch (error) {
        log("error", error instanceof Error ? error.message : String(error));
        if (closing.aborted || !(error instanceof SluiceError) || error.code !== "STORE_UNAVAILABLE") return;
        await clock.sleep(waitMs, closing);
      }
    }
  }
}

const lost = { state: "lost", reason: "the server ended before the request was done; send it again" } as const;

function supersededBy(number: number, what: "begun" | "tried again") {
  return { state: "superseded", reason: `request ${number} of the same id came before it was ${what}` } as const;
}

function numberOf({ numbers }: Submission): number {
  return numbers.at(-1) ?? 0;
}

function created(id: string): TopologyAnswer {
  return { status: 202, body: `request ID ${id} has been created` };
}

function idOf(request: TopologyRequest, prefix: string, status = 500): string {
  try {
    return requestId(request);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TopologyError(status, `${prefix}failed to marshal request for hashing: ${error.message}`);
  }
}

function cut(text: string): string {
  return text.length <= longestReason ? text : `${text.slice(0, longestReason)}…`;
}
