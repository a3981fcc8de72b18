import { PassThrough } from "node:stream";
import type { KubeConfig } from "@kubernetes/client-node";
import type { WebSocketHandler } from "@kubernetes/client-node/dist/web-socket-handler.js";
import { KubernetesError, type KubernetesExec } from "../kubernetes-api.ts";
import { pathOf } from "./api-objects.ts";

export interface ExecOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** How long a command may run, and how much it may print. */
const deadlineMs = 120_000;
const longestOutputBytes = 64 * 1024 * 1024;

/** Channels of the protocols `v4.channel.k8s.io` and `v5.channel.k8s.io`: the first byte of each frame. */
const channels = { stdout: 1, stderr: 2, status: 3 } as const;

/**
 * Runs a command in a pod over a WebSocket, without input. The class of the client is handed in: it is loaded only where it is needed.
 * Throws `KubernetesError` where the command could not be run or was not seen to end.
 */
export async function execInPod(
  Handler: typeof WebSocketHandler,
  config: KubeConfig,
  request: KubernetesExec,
  signal: AbortSignal,
): Promise<ExecOutput> {
  signal.throwIfAborted();
  const output = { [channels.stdout]: [] as Buffer[], [channels.stderr]: [] as Buffer[] };
  let resolveEnd: (status: Buffer) => void = () => undefined;
  let rejectEnd: (failure: KubernetesError) => void = () => undefined;
  const ended = new Promise<Buffer>((resolve, reject) => {
    resolveEnd = resolve;
    rejectEnd = reject;
  });
  // A failure that comes while the connection is still being made has nobody who waits for it yet.
  ended.catch(() => undefined);
  const stop = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  const aborted = (): void => rejectEnd(new KubernetesError(0, `the command did not end within ${deadlineMs} ms`));
  stop.addEventListener("abort", aborted, { once: true });
  let size = 0;
  const take = (channel: number, bytes: Buffer): boolean => {
    if (channel === channels.status) {
      resolveEnd(bytes);
      return false;
    }
    size += bytes.length;
    if (size > longestOutputBytes) rejectEnd(new KubernetesError(0, `more than ${longestOutputBytes} bytes of output`));
    else if (channel === channels.stdout || channel === channels.stderr) output[channel].push(Buffer.from(bytes));
    return size <= longestOutputBytes;
  };
  // A frame that closes a stream must not close one of this process.
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const connecting = new Handler(config, undefined, streams).connect(execPath(request), null, take);
  try {
    const socket = await Promise.race([connecting, ended.then(() => connecting)]);
    const closed = new KubernetesError(0, "the connection closed before the command had ended");
    socket.addEventListener("close", () => rejectEnd(closed));
    socket.addEventListener("error", ({ message }: { readonly message: string }) =>
      rejectEnd(new KubernetesError(0, message)),
    );
    if (socket.readyState === socket.CLOSED) rejectEnd(closed);
    const exitCode = exitCodeOf((await ended).toString("utf8"));
    return { stdout: textOf(output[channels.stdout]), stderr: textOf(output[channels.stderr]), exitCode };
  } catch (error) {
    signal.throwIfAborted();
    throw toFailure(error);
  } finally {
    stop.removeEventListener("abort", aborted);
    // Also where the connection comes about only after patience has ended.
    connecting.then(
      (socket) => socket.terminate(),
      () => undefined,
    );
  }
}

function execPath({ namespace, pod, container, command }: KubernetesExec): string {
  const query = new URLSearchParams({ stdout: "true", stderr: "true" });
  if (container !== undefined) query.set("container", container);
  for (const word of command) query.append("command", word);
  const path = pathOf({ group: "", version: "v1", plural: "pods" }, { namespace, name: pod });
  return `${path}/exec?${query.toString()}`;
}

/** Reads the `Status` that ends a command. Throws `KubernetesError` where it says that none was run. */
function exitCodeOf(text: string): number {
  const status: unknown = JSON.parse(text);
  if (typeof status !== "object" || status === null) throw new Error("the command's status cannot be read");
  if (Reflect.get(status, "status") === "Success") return 0;
  const details: unknown = Reflect.get(status, "details");
  const causes: unknown = typeof details === "object" && details !== null ? Reflect.get(details, "causes") : undefined;
  for (const cause of Array.isArray(causes) ? causes : []) {
    if (typeof cause !== "object" || cause === null || Reflect.get(cause, "reason") !== "ExitCode") continue;
    return Number(Reflect.get(cause, "message"));
  }
  const [message, code]: unknown[] = [Reflect.get(status, "message"), Reflect.get(status, "code")];
  throw new KubernetesError(typeof code === "number" ? code : 0, typeof message === "string" ? message : "failed");
}

/** The client hands out what its WebSocket says: an event with a message, `Unexpected server response: 403`. */
function toFailure(error: unknown): KubernetesError {
  if (error instanceof KubernetesError) return error;
  const message: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "message") : undefined;
  const words = typeof message === "string" ? message : String(error);
  const [, status] = /^Unexpected server response: (\d{3})$/.exec(words) ?? [];
  // A WebSocket begins with GET, which roles for other clients do not allow.
  const hint = status === "403" ? "; commands need the verbs get and create of pods/exec" : "";
  return new KubernetesError(Number(status ?? 0), words + hint, { cause: error });
}

function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}
