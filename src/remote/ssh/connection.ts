import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Socket } from "node:net";
import type { SluiceError } from "../../errors.ts";
import { agentText } from "./agent.ts";
import { bootstrap } from "./bootstrap.ts";
import { lastWords, unreachable } from "./failure.ts";
import { decodeFields, FrameReader, type Frame } from "./frame.ts";
import { explainEnd, startOf, type Destination } from "./start.ts";

/** What the agent says first. */
export interface Greeting {
  /** The user's home on the login node. */
  readonly home: string;
  /** The login environment. May hold secrets. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ConnectionOptions {
  readonly destination: Destination;
  /** The environment of ssh here: the agent's socket, Kerberos tickets, PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From the start of ssh to the agent's greeting. */
  readonly openDeadlineMs: number;
  /** After so long without a word from here the agent ends, and all that it started. */
  readonly silenceMs: number;
  /** Its abort gives up an opening that nobody waits for any more; without effect afterwards. */
  readonly signal: AbortSignal;
  onFrame(frame: Frame): void;
  /** Called once for a connection that had opened; `why` says what ended it. */
  onLost(why: SluiceError): void;
}

/** One ssh, or one shell as another user, with one agent at its far end. */
export interface Connection {
  readonly greeting: Greeting;
  /** Why it has ended, once it has. */
  readonly lost: SluiceError | undefined;
  send(frame: Buffer): void;
  /** Whether this connection keeps the process alive. */
  hold(alive: boolean): void;
  /** Ends it for this reason; closing its input is what the agent ends by. Resolves when ssh has gone. */
  end(why: SluiceError): Promise<void>;
}

/** Start-up files may print, but not without end. */
const maxBannerBytes = 1024 * 1024;
/** How much of what ssh says is kept for an error. */
const maxSaidBytes = 8192;
/** How long ssh may take to end by itself when its input has closed. */
const lingerMs = 2_000;

/** Throws `CLUSTER_UNREACHABLE` with the reason in words. */
export function openConnection(options: ConnectionOptions): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const { destination, env, openDeadlineMs, silenceMs, signal } = options;
    const { host } = destination;
    // A session of its own: Ctrl-C at the terminal is Sluice's to answer, and it may still need the channel for that.
    const { argv, ...where } = startOf(destination, env);
    const [program, ...args] = argv;
    const child = spawn(program, args, { ...where, detached: true, stdio: "pipe" });
    const { line, ready, missing } = bootstrap(randomBytes(16).toString("hex"), silenceMs);
    const frames = new FrameReader();
    let banner: Buffer | undefined = Buffer.alloc(0);
    let said = "";
    let opened = false;
    let ended: SluiceError | undefined;

    const end = (why: SluiceError): void => {
      if (ended !== undefined) return;
      ended = why;
      clearTimeout(opening);
      signal.removeEventListener("abort", giveUp);
      stop(child);
      if (opened) options.onLost(why);
      else reject(why);
    };
    const opening = setTimeout(
      () => end(unreachable(destination, "no-answer", `${host} was not ready within ${openDeadlineMs / 1000} s`)),
      openDeadlineMs,
    );
    const giveUp = (): void => end(unreachable(destination, "ended", `nobody waits for ${host} any more`));
    signal.addEventListener("abort", giveUp, { once: true });
    const gone = new Promise<void>((resolveGone) => child.once("close", () => resolveGone()));

    const onFrame = (frame: Frame): void => {
      if (frame.type !== "H") return options.onFrame(frame);
      opened = true;
      clearTimeout(opening);
      signal.removeEventListener("abort", giveUp);
      resolve({
        greeting: readGreeting(frame.payload),
        get lost() {
          return ended;
        },
        send: (bytes) => void child.stdin.write(bytes),
        hold: (alive) => hold(child, alive),
        end: (why) => {
          end(why);
          return gone;
        },
      });
    };
    const skipBanner = (chunk: Buffer): Buffer | undefined => {
      if (banner === undefined) return chunk;
      banner = Buffer.concat([banner, chunk]);
      const at = banner.indexOf(`${ready}\n`);
      if (at >= 0) {
        const rest = banner.subarray(at + ready.length + 1);
        banner = undefined;
        child.stdin.write(agentText);
        return rest;
      }
      if (banner.includes(missing)) {
        end(
          unreachable(destination, "no-perl", `${host} has no perl, which Sluice needs there; ask its administrators`),
        );
      } else if (banner.length > maxBannerBytes) {
        end(unreachable(destination, "no-answer", `${host} prints without end at login; see its shell start-up files`));
      }
      return undefined;
    };

    child.stdout.on("data", (chunk: Buffer) => {
      if (ended !== undefined) return;
      try {
        const bytes = skipBanner(chunk);
        if (bytes !== undefined) for (const frame of frames.read(bytes)) onFrame(frame);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        const words = `something on ${host} printed into the channel; see its shell start-up files`;
        end(unreachable(destination, "lost", words, { cause: error }));
      }
    });
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-maxSaidBytes);
    });
    // ssh that has gone is told of by its end.
    child.stdin.on("error", () => {});
    child.once("error", (cause) => {
      const words = `${program} cannot be started: ${cause.message}; install ${program === "ssh" ? "OpenSSH's client" : program}`;
      end(unreachable(destination, "no-ssh", words, { cause }));
    });
    child.once("close", () => {
      const words = lastWords(said);
      const lost = `the connection to ${host} was lost${words === "" ? "" : `: ${words}`}`;
      end(opened ? unreachable(destination, "lost", lost) : explainEnd(destination, said));
    });
    child.stdin.write(line);
  });
}

function readGreeting(payload: Buffer): Greeting {
  const [home = "/", ...variables] = decodeFields(payload);
  const entries = variables.map((variable): [string, string] => {
    const at = variable.indexOf("=", 1);
    return [variable.slice(0, at), variable.slice(at + 1)];
  });
  return { home, environment: Object.fromEntries(entries) };
}

/** Closes ssh's input, by which the agent ends all it started; ssh itself is killed where the network swallows that. */
function stop(child: ChildProcessWithoutNullStreams): void {
  child.stdin.end();
  hold(child, false);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill("SIGKILL"), lingerMs);
  timer.unref();
  child.once("exit", () => clearTimeout(timer));
}

function hold(child: ChildProcessWithoutNullStreams, alive: boolean): void {
  for (const part of [child, child.stdin, child.stdout, child.stderr]) {
    if (!(part instanceof Socket) && part !== child) continue;
    if (alive) part.ref();
    else part.unref();
  }
}
