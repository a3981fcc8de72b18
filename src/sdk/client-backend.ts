import type { Client, ClusterView } from "../client/client.ts";
import { SluiceError } from "../errors.ts";
import type { Backend } from "./backend.ts";

/** A client that is open, and the one cluster that is meant. */
export interface OpenedClient extends AsyncDisposable {
  readonly client: Client;
  /** Its name at the client. */
  readonly cluster: string;
  readonly hasDependencies: boolean;
  /** Where jobs start that say nothing else; absent where paths of this machine mean nothing there. */
  readonly startIn?: string | undefined;
}

/** Whether jobs of a cluster can wait for others; so it is taken to be where nobody says. */
export function takesDependencies({ capabilities }: Pick<ClusterView, "capabilities">): boolean {
  return capabilities?.includes("dependencies") ?? true;
}

export interface ClientBackendOptions {
  readonly description: string;
  /** Throws what keeps the cluster from being reached; then it is tried again when something is asked the next time. */
  open(signal: AbortSignal): Promise<OpenedClient>;
  /** After how many milliseconds in which nothing is asked it is closed, until something is; never where left out. */
  readonly idleMs?: number | undefined;
}

/** A cluster behind the contract that all doors share: a gateway, or an engine in this process. */
export class ClientBackend implements Backend {
  readonly description: string;
  readonly #options: ClientBackendOptions;
  readonly #closing = new AbortController();
  #opened: Promise<OpenedClient> | undefined;
  /** How many ask for something, or listen, just now. */
  #users = 0;
  #idle: NodeJS.Timeout | undefined;
  /** What has been closed for being idle, on its way. */
  #ending: Promise<void> = Promise.resolve();

  constructor(options: ClientBackendOptions) {
    this.description = options.description;
    this.#options = options;
  }

  clusterName = (signal?: AbortSignal): Promise<string> => this.#use(signal, async ({ cluster }) => cluster);

  hasDependencies = (signal?: AbortSignal): Promise<boolean> =>
    this.#use(signal, async ({ hasDependencies }) => hasDependencies);

  submit: Client["submit"] = (body, { signal, ...options } = {}) =>
    this.#use(signal, ({ client, cluster, startIn }, until) => {
      const cwd = body.cwd ?? startIn;
      return client.submit({ cluster, ...body, ...(cwd !== undefined && { cwd }) }, { ...options, signal: until });
    });

  job: Client["job"] = (id, { signal } = {}) =>
    this.#use(signal, ({ client }, until) => client.job(id, { signal: until }));

  tasks: Client["tasks"] = (id, { signal } = {}) =>
    this.#use(signal, ({ client }, until) => client.tasks(id, { signal: until }));

  script: Client["script"] = (id, { signal } = {}) =>
    this.#use(signal, ({ client }, until) => client.script(id, { signal: until }));

  wait: Client["wait"] = (id, { signal, ...options } = {}) =>
    this.#use(signal, ({ client }, until) => client.wait(id, { ...options, signal: until }));

  cancel: Client["cancel"] = (id, { signal } = {}) =>
    this.#use(signal, ({ client }, until) => client.cancel(id, { signal: until }));

  explain: Client["explain"] = (id, { signal } = {}) =>
    this.#use(signal, ({ client }, until) => client.explain(id, { signal: until }));

  keptFile: Client["keptFile"] = (cluster, sha256, { signal } = {}) =>
    this.#use(signal, ({ client }, until) => client.keptFile(cluster, sha256, { signal: until }));

  keepFile: Client["keepFile"] = (cluster, sha256, bytes, { signal } = {}) =>
    this.#use(signal, ({ client }, until) => client.keepFile(cluster, sha256, bytes, { signal: until }));

  jobFile: Client["jobFile"] = (id, name, { signal } = {}) =>
    this.#use(signal, ({ client }, until) => client.jobFile(id, name, { signal: until }));

  events: Client["events"] = (query, { signal } = {}) =>
    this.#iterate(signal, ({ client }, until) => client.events(query, { signal: until }));

  output: Client["output"] = (id, query, { signal } = {}) =>
    this.#iterate(signal, ({ client }, until) => client.output(id, query, { signal: until }));

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#idle);
    await this.#end();
    await this.#ending;
  }

  async #use<T>(
    signal: AbortSignal | undefined,
    ask: (opened: OpenedClient, until: AbortSignal) => Promise<T>,
  ): Promise<T> {
    using _use = this.#enter();
    try {
      return await ask(await this.#open(), this.#until(signal));
    } catch (error) {
      throw this.#explained(error);
    }
  }

  async *#iterate<T>(
    signal: AbortSignal | undefined,
    ask: (opened: OpenedClient, until: AbortSignal) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    using _use = this.#enter();
    try {
      yield* ask(await this.#open(), this.#until(signal));
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([this.#closing.signal, signal]);
  }

  /** Whoever is in the midst of something when it is closed is told why that ends. */
  #explained(error: unknown): unknown {
    if (!this.#closing.signal.aborted) return error;
    return new SluiceError("CANCELLED", `${this.description} has been closed here; jobs go on`, { cause: error });
  }

  #enter(): Disposable {
    if (this.#closing.signal.aborted) throw this.#explained(undefined);
    this.#users += 1;
    clearTimeout(this.#idle);
    return {
      [Symbol.dispose]: () => {
        this.#users -= 1;
        if (this.#users > 0 || this.#options.idleMs === undefined || this.#closing.signal.aborted) return;
        this.#idle = setTimeout(() => void (this.#ending = this.#end()), this.#options.idleMs);
      },
    };
  }

  #open(): Promise<OpenedClient> {
    if (this.#opened === undefined) {
      // What was closed may hold what is opened now.
      const opening = this.#ending.then(() => this.#options.open(this.#closing.signal));
      this.#opened = opening;
      opening.catch(() => {
        if (this.#opened === opening) this.#opened = undefined;
      });
    }
    return this.#opened;
  }

  async #end(): Promise<void> {
    const opening = this.#opened;
    this.#opened = undefined;
    const opened = await opening?.catch(() => undefined);
    await opened?.[Symbol.asyncDispose]();
  }
}
