import { SluiceError } from "../../errors.ts";
import type { Clock } from "../../jobs/clock.ts";
import { openConnection, type Connection, type Greeting } from "./connection.ts";
import { Exchange, type AgentRequest, type Reply } from "./exchange.ts";
import { unreachable } from "./failure.ts";
import { encodeFrame, type Frame } from "./frame.ts";
import { Reconnection } from "./reconnection.ts";
import { Slots } from "./slots.ts";
import type { Destination } from "./start.ts";

export interface SshChannelOptions {
  readonly destination: Destination;
  /** The environment of ssh here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** From 0 up to 1: spreads the attempts of many that lost one host at once. */
  readonly random: () => number;
  readonly openDeadlineMs?: number;
  /** How often the far end is asked whether it is there; three questions without an answer end the connection. */
  readonly pingMs?: number;
  /** A connection that nobody has used for so long is closed. */
  readonly idleMs?: number;
}

/** A login node is shared, and a process of the agent's takes a few of its descriptors. */
const maxAtOnce = 64;
const defaultPingMs = 10_000;
/** So many pings without an answer, and Sluice gives the connection up; the agent waits longer, so that it is the second to. */
const unansweredPings = 3;
const agentPatience = 6;

/**
 * One long-lived connection to one destination, for any number of requests at a time. It is opened by the first, opened again
 * after a loss, and never keeps the process alive but while somebody waits.
 *
 * A request is sent at most once. One that had been sent when the connection was lost fails with `mayHaveRun` in the details of
 * its error; one that had not waits for the next connection.
 */
export class SshChannel implements AsyncDisposable {
  readonly #options: SshChannelOptions;
  readonly #slots = new Slots(maxAtOnce);
  readonly #reconnection: Reconnection;
  readonly #exchanges = new Map<number, Exchange>();
  #opening: { readonly connection: Promise<Connection>; readonly abort: AbortController } | undefined;
  #connection: Connection | undefined;
  #pings: NodeJS.Timeout | undefined;
  #unanswered = 0;
  #demand = 0;
  #usedAt = 0;
  #nextId = 1;
  #closed = false;

  constructor(options: SshChannelOptions) {
    this.#options = options;
    this.#reconnection = new Reconnection(options);
  }

  get destination(): Destination {
    return this.#options.destination;
  }

  /** What the login node said of itself. Throws as `request` does. */
  greeting(limits: Pick<AgentRequest, "what" | "deadlineMs" | "signal">): Promise<Greeting> {
    return this.#within(limits, async (stop) => (await this.#connected(stop)).greeting);
  }

  /**
   * Throws `CLUSTER_UNREACHABLE`, `DEADLINE_EXCEEDED` and `CANCELLED`, each with `details.mayHaveRun`; `LIMIT_EXCEEDED` for
   * more output than asked for; and `StartFailure` where nothing was started.
   */
  request(request: AgentRequest): Promise<Reply> {
    return this.#within(request, async (stop) => {
      const began = this.#options.clock.now();
      await this.#slots.enter(stop);
      try {
        const connection = await this.#connected(stop);
        const id = this.#nextId;
        this.#nextId = (this.#nextId % 0xffff_fffe) + 1;
        const waited = this.#options.clock.now() - began;
        const exchange = new Exchange(id, request, Math.max(1, request.deadlineMs - waited));
        this.#exchanges.set(id, exchange);
        try {
          return await exchange.over(connection, stop);
        } finally {
          this.#exchanges.delete(id);
        }
      } finally {
        this.#slots.leave();
      }
    });
  }

  /** Ends all that runs, here and there. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const why = unreachable(this.destination, "ended", `the connection to ${this.destination.host} was closed`);
    this.#opening?.abort.abort();
    await this.#opening?.connection.catch(() => {});
    await this.#connection?.end(why);
  }

  /** Runs the work with one signal for both the caller's abort and the deadline; the reason is the error to throw. */
  async #within<T>(
    { what, deadlineMs, signal }: Pick<AgentRequest, "what" | "deadlineMs" | "signal">,
    work: (stop: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const stop = new AbortController();
    const giveUp = (code: "CANCELLED" | "DEADLINE_EXCEEDED", words: string): void =>
      stop.abort(new SluiceError(code, words, { details: { mayHaveRun: false } }));
    const cancel = (): void => giveUp("CANCELLED", `asked to stop during: ${what}`);
    if (signal.aborted) cancel();
    stop.signal.throwIfAborted();
    const late = `no answer within ${deadlineMs / 1000} s from: ${what}`;
    const timer = setTimeout(() => giveUp("DEADLINE_EXCEEDED", late), deadlineMs);
    signal.addEventListener("abort", cancel, { once: true });
    this.#want(1);
    try {
      return await work(stop.signal);
    } finally {
      this.#want(-1);
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    }
  }

  #want(change: 1 | -1): void {
    const was = this.#demand;
    this.#demand += change;
    this.#usedAt = this.#options.clock.now();
    if ((was === 0) !== (this.#demand === 0)) this.#connection?.hold(this.#demand > 0);
    if (this.#demand === 0) {
      this.#opening?.abort.abort();
      this.#opening = undefined;
    }
  }

  async #connected(stop: AbortSignal): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection;
    if (this.#closed)
      throw unreachable(this.destination, "ended", `the connection to ${this.destination.host} is closed`);
    this.#opening ??= this.#open();
    return until(this.#opening.connection, stop);
  }

  #open(): { readonly connection: Promise<Connection>; readonly abort: AbortController } {
    const { destination, env, openDeadlineMs = 30_000, pingMs = defaultPingMs } = this.#options;
    const abort = new AbortController();
    const open = async (): Promise<Connection> => {
      try {
        await this.#reconnection.turn(abort.signal);
        if (abort.signal.aborted)
          throw unreachable(destination, "ended", `nobody waits for ${destination.host} any more`);
        const connection = await openConnection({
          destination,
          env,
          openDeadlineMs,
          silenceMs: agentPatience * pingMs,
          signal: abort.signal,
          onFrame: (frame) => this.#take(frame),
          onLost: (why) => {
            if (this.#connection?.lost === why) this.#lose(why);
          },
        });
        if (connection.lost !== undefined) throw connection.lost;
        if (abort.signal.aborted) await connection.end(unreachable(destination, "ended", "nobody waits any more"));
        else this.#use(connection);
        return connection;
      } catch (error) {
        if (error instanceof SluiceError && !abort.signal.aborted) this.#reconnection.failed(error);
        throw error;
      } finally {
        if (this.#opening?.abort === abort) this.#opening = undefined;
      }
    };
    const connection = open();
    // Those who waited may all have gone.
    connection.catch(() => {});
    return { connection, abort };
  }

  #use(connection: Connection): void {
    this.#connection = connection;
    this.#reconnection.opened();
    connection.hold(this.#demand > 0);
    this.#unanswered = 0;
    const { destination, clock, pingMs = defaultPingMs, idleMs = 600_000 } = this.#options;
    this.#pings = setInterval(() => {
      const idle = this.#demand === 0 && clock.now() - this.#usedAt >= idleMs;
      if (idle || this.#unanswered >= unansweredPings) {
        const words = idle ? "was not used" : `was lost: no sign of life for ${(unansweredPings * pingMs) / 1000} s`;
        void connection.end(unreachable(destination, "lost", `the connection to ${destination.host} ${words}`));
        return;
      }
      this.#unanswered += 1;
      connection.send(encodeFrame("P", 0));
    }, pingMs);
    this.#pings.unref();
  }

  #take(frame: Frame): void {
    this.#unanswered = 0;
    this.#exchanges.get(frame.id)?.take(frame);
  }

  #lose(why: SluiceError): void {
    clearInterval(this.#pings);
    this.#connection = undefined;
    this.#reconnection.lost(why);
    for (const exchange of this.#exchanges.values()) exchange.lose(why);
  }
}

/** The promise's outcome, or the signal's reason where that comes first. */
function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
