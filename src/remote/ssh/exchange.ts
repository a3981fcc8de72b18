import { SluiceError } from "../../errors.ts";
import type { Connection } from "./connection.ts";
import { decodeFields, encodeFields, encodeFrame, type Frame } from "./frame.ts";

/** What the agent is asked for. */
export interface AgentRequest {
  readonly operation: "run" | "read" | "write" | "mkdir" | "list";
  readonly args: readonly string[];
  /** `NAME=value` lays one over the login environment, `NAME` removes one. */
  readonly variables?: readonly string[];
  /** Where a command runs; the user's home where left out. */
  readonly directory?: string;
  readonly stdin?: string | Uint8Array;
  /** Bound on each of the two streams. */
  readonly maxBytes: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** For people: what was asked for. */
  readonly what: string;
}

export interface Reply {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly exitCode: number;
}

/** The login node could not start what was asked for, so nothing has run. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
  /** errno(3) there. */
  readonly errno: number;
  /** The folder that could not be gone into, where it was that. */
  readonly directory: string | undefined;

  constructor(errno: number, words: string, directory: string | undefined) {
    super(words);
    this.errno = errno;
    this.directory = directory;
  }
}

/** One frame holds a whole request. */
const maxRequestBytes = 64 * 1024 * 1024;
/** The agent gives a command half a second between SIGTERM and SIGKILL; who does not hear of the end by then goes without. */
const endMs = 1_500;
/** `X`: why the agent ended a command. */
const tooMuch = 2;

/** One request on its way, and what has come back of it. */
export class Exchange {
  readonly #id: number;
  readonly #request: AgentRequest;
  readonly #deadlineMs: number;
  readonly #chunks: { readonly o: Buffer[]; readonly e: Buffer[] } = { o: [], e: [] };
  readonly #sizes = { o: 0, e: 0 };
  readonly #outcome: Promise<Reply>;
  #resolve: (reply: Reply) => void = () => {};
  #reject: (why: unknown) => void = () => {};

  /** `deadlineMs` is what is left of the request's own. */
  constructor(id: number, request: AgentRequest, deadlineMs: number) {
    this.#id = id;
    this.#request = request;
    this.#deadlineMs = deadlineMs;
    this.#outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A loss while the request is still being put together.
    this.#outcome.catch(() => {});
  }

  /** Sends the request and waits for its end. The signal's reason is thrown when the agent has ended the command, or does not answer. */
  async over(connection: Connection, stop: AbortSignal): Promise<Reply> {
    const { operation, args, variables = [], directory = "", stdin = "", maxBytes, what } = this.#request;
    const payload = encodeFields([
      operation,
      String(Math.ceil(this.#deadlineMs)),
      String(maxBytes),
      stdin,
      directory,
      String(variables.length),
      ...variables,
      ...args,
    ]);
    if (payload.length > maxRequestBytes) {
      throw new SluiceError(
        "LIMIT_EXCEEDED",
        `more than ${maxRequestBytes} bytes to send for: ${what}; send less at once`,
      );
    }
    stop.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      connection.send(encodeFrame("K", this.#id));
      timer = setTimeout(() => this.#reject(stop.reason), endMs);
    };
    stop.addEventListener("abort", end, { once: true });
    connection.send(encodeFrame("R", this.#id, payload));
    try {
      const reply = await this.#outcome;
      stop.throwIfAborted();
      return reply;
    } catch (error) {
      throw stop.aborted ? sent(stop.reason) : error;
    } finally {
      clearTimeout(timer);
      stop.removeEventListener("abort", end);
    }
  }

  take({ type, payload }: Frame): void {
    if (type === "o" || type === "e") this.#keep(type, payload);
    else if (type === "F") this.#fail(payload);
    else if (type === "X") this.#finish(payload);
  }

  lose(why: SluiceError): void {
    this.#reject(sent(why, this.#request.what));
  }

  /** The agent keeps to the bound; whoever stands in its place must not fill this process's memory. */
  #keep(stream: "o" | "e", payload: Buffer): void {
    const { what, maxBytes } = this.#request;
    this.#sizes[stream] += payload.length;
    if (this.#sizes[stream] <= maxBytes) return void this.#chunks[stream].push(payload);
    this.#chunks[stream].length = 0;
    this.#reject(new SluiceError("LIMIT_EXCEEDED", `more than ${maxBytes} bytes came from: ${what}`));
  }

  #fail(payload: Buffer): void {
    const [errno, words = "", directory = ""] = decodeFields(payload);
    this.#reject(new StartFailure(Number(errno), words, directory === "" ? undefined : directory));
  }

  #finish(payload: Buffer): void {
    const { what, maxBytes, deadlineMs } = this.#request;
    const [exitCode, why] = decodeFields(payload).map(Number);
    if (why === 1) {
      const late = `no answer within ${deadlineMs / 1000} s from: ${what}`;
      this.#reject(sent(new SluiceError("DEADLINE_EXCEEDED", late)));
    } else if (why === tooMuch) {
      const words = `more than ${maxBytes} bytes of output from: ${what}; ask for less at once`;
      this.#reject(new SluiceError("LIMIT_EXCEEDED", words));
    } else {
      const { o, e } = this.#chunks;
      this.#resolve({ stdout: Buffer.concat(o), stderr: Buffer.concat(e), exitCode: exitCode ?? 255 });
    }
  }
}

/** The same error, of a request that had been sent. */
function sent(why: unknown, during?: string): unknown {
  if (!(why instanceof SluiceError)) return why;
  const message = during === undefined ? why.message : `${why.message}; it is not known whether this ran: ${during}`;
  return new SluiceError(why.code, message, { cause: why.cause, details: { ...why.details, mayHaveRun: true } });
}
