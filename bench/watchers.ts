import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { BenchGateway } from "./gateway.ts";

const program = fileURLToPath(new URL("watching-process.ts", import.meta.url));

export interface Heard {
  readonly events: number;
  /** Milliseconds from when an event was stored until it had come. */
  readonly p50: number;
  readonly p99: number;
}

/** Readers of the event stream, in one process of their own. Disposing ends it. */
export class Watchers implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout });
  }

  /** Resolves when all of them are connected. */
  static async open({ url, token }: BenchGateway, count: number): Promise<Watchers> {
    const child = spawn(process.execPath, ["--no-warnings", program, url.href, token, String(count)]);
    child.stderr.pipe(process.stderr);
    const watchers = new Watchers(child);
    await watchers.#line();
    return watchers;
  }

  /** What they have heard since they were asked last. */
  async heard(): Promise<Heard> {
    this.#child.stdin.write("\n");
    return JSON.parse(await this.#line());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  async #line(): Promise<string> {
    const ended = once(this.#child, "exit").then(() => Promise.reject(new Error("the watching process ended")));
    ended.catch(() => {});
    const [line]: unknown[] = await Promise.race([once(this.#lines, "line"), ended]);
    return String(line);
  }
}
