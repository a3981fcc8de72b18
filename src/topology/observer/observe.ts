import type { Clock } from "../../jobs/clock.ts";
import type { KubernetesApi, KubernetesObject } from "../kubernetes-api.ts";
import { isRetriable, retryingFetch } from "../retrying-fetch.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { Changes } from "./changes.ts";
import { authorization, followResult } from "./follow-result.ts";
import { requestBody, type ObserverConfig } from "./observer-config.ts";
import type { ObserverStatus } from "./observer-status.ts";
import { brokerReadiness, triggersOf, type Trigger } from "./triggers.ts";

export interface ObserverDeps {
  readonly api: KubernetesApi;
  readonly clock: Clock;
  readonly log: TopologyHost["log"];
  /** Hears of every change of state. */
  report(status: ObserverStatus): void;
}

const healthIntervalMs = 2_000;
const healthDeadlineMs = 60_000;
const brokerDelayMs = 10_000;
const watchDelayMs = 5_000;
const forever = 2 ** 31 - 1;

/**
 * Watches a cluster and asks for its topology whenever something that counts has changed, until the signal aborts. Follows each request
 * to its result and says how it fared; one that failed for a time only is asked for again. Throws `TopologyError` (503) where the
 * API does not come up within a minute.
 */
export async function observe(deps: ObserverDeps, config: ObserverConfig, signal: AbortSignal): Promise<void> {
  await waitForApi(deps, config.generateUrl, signal);
  const observer = new Observer(deps, config);
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const watches = triggersOf(config).map((trigger) => observer.watch(trigger, until));
  try {
    await Promise.all(watches.map(({ listed }) => listed));
    await observer.run(until);
  } finally {
    stop.abort();
    await Promise.all(watches.map(({ ended }) => ended));
  }
}

/** What a watch has to say: when all that is there was told, and when it is over. Neither rejects. */
interface Watch {
  readonly listed: Promise<void>;
  readonly ended: Promise<void>;
}

class Observer {
  readonly #deps: ObserverDeps;
  readonly #config: ObserverConfig;
  readonly #changes: Changes;
  readonly #brokers = new Map<string, KubernetesObject>();

  constructor(deps: ObserverDeps, config: ObserverConfig) {
    this.#deps = deps;
    this.#config = config;
    this.#changes = new Changes(deps.clock);
  }

  watch(trigger: Trigger, signal: AbortSignal): Watch {
    let listed: () => void = () => undefined;
    const hasListed = new Promise<void>((resolve) => {
      listed = resolve;
    });
    const ended = this.#watch(trigger, listed, signal);
    return { listed: Promise.race([hasListed, ended]), ended };
  }

  /** Asks for topologies as long as there are changes to ask for. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    let [attempted, completed, retryAt] = [0, 0, 0];
    let following = new AbortController();
    let follower: Promise<void> = Promise.resolve();
    while (!signal.aborted) {
      const generation = this.#changes.count;
      if (generation <= completed) {
        await this.#changes.wait(forever, signal);
        continue;
      }
      if (generation === attempted && clock.now() < retryAt) {
        await this.#changes.wait(retryAt - clock.now(), signal);
        continue;
      }
      attempted = generation;
      if (!this.#isBrokerReady()) {
        retryAt = clock.now() + brokerDelayMs;
        continue;
      }
      following.abort();
      await follower;
      try {
        const uid = await this.#request(signal);
        completed = generation;
        following = new AbortController();
        follower = this.#follow(uid, AbortSignal.any([signal, following.signal]));
      } catch (error) {
        if (signal.aborted) break;
        retryAt = clock.now() + this.#config.retryDelayMs;
        const message = `failed to send topology generation request: ${wordsOf(error)}`;
        log("error", `Topology reconciliation failed: ${message}`);
        this.#report({ state: "failed", message, ...(error instanceof TopologyError && { code: error.status }) });
      }
    }
    await follower;
  }

  async #watch(trigger: Trigger, listed: () => void, signal: AbortSignal): Promise<void> {
    const { api, clock, log } = this.#deps;
    const digests = new Map<string, string>();
    while (!signal.aborted) {
      try {
        for await (const change of api.watch(trigger.resource, trigger.selection, signal)) {
          if (change.type === "LISTED") listed();
          else this.#note(trigger, change.type === "DELETED", change.object, digests);
        }
      } catch (error) {
        if (signal.aborted) return;
        log(
          "warning",
          `${trigger.what}s cannot be watched: ${wordsOf(error)}; trying again in ${watchDelayMs / 1000} s`,
        );
        await clock.sleep(watchDelayMs, signal);
      }
    }
  }

  #note(trigger: Trigger, isGone: boolean, object: KubernetesObject, digests: Map<string, string>): void {
    const key = `${object.metadata?.namespace ?? ""}/${object.metadata?.name ?? ""}`;
    const before = digests.get(key);
    const after = isGone ? "" : trigger.digest(object);
    if (isGone) digests.delete(key);
    else digests.set(key, after);
    if (trigger.resource.plural === "daemonsets") {
      if (isGone) this.#brokers.delete(key);
      else this.#brokers.set(key, object);
    }
    const counts =
      isGone || (before === undefined ? trigger.countsAsNew(after) : trigger.countsAsChanged(before, after));
    if (!counts) return;
    this.#deps.log(
      "debug",
      `${trigger.what} ${key} has ${isGone ? "gone" : before === undefined ? "come" : "changed"}`,
    );
    this.#changes.add();
  }

  #isBrokerReady(): boolean {
    const { broker } = this.#config;
    if (broker === undefined) return true;
    const [found] = this.#brokers.values();
    const readiness = found === undefined ? undefined : brokerReadiness(found);
    if (readiness?.ready === true) return true;
    const what = `node-data-broker DaemonSet ${broker.namespace}/${broker.name}`;
    const message =
      readiness?.desired === 0
        ? `${what} has 0 desired replicas; check its node selector, affinity, and tolerations`
        : `waiting for the ${what} to become ready before topology generation`;
    this.#deps.log(readiness?.desired === 0 ? "error" : "info", message);
    this.#report({ state: "waiting", message });
    return false;
  }

  async #request(signal: AbortSignal): Promise<string> {
    const { clock, log } = this.#deps;
    const { generateUrl, request, readToken } = this.#config;
    const headers = { "content-type": "application/json", ...(await authorization(readToken)) };
    const url = new URL(generateUrl);
    const sent = { url, method: "POST", headers, body: requestBody(request) };
    const { body } = await retryingFetch(sent, signal, { clock, log: (message) => log("info", message) });
    const uid = body.trim();
    log("info", `topology generation ${uid} asked for`);
    this.#report({ state: "generating", uid });
    return uid;
  }

  async #follow(uid: string, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const { generateUrl, retryDelayMs, readToken } = this.#config;
    const deps = { clock, ...(readToken !== undefined && { readToken }) };
    const outcome = await followResult(deps, generateUrl, uid, signal);
    if (outcome === undefined) return;
    this.#report({ uid, ...outcome });
    if (outcome.state === "succeeded") return log("info", `topology generation ${uid} succeeded`);
    if (outcome.state === "unknown") return log("warning", `topology generation ${uid}: ${outcome.message}`);
    log("error", `topology generation ${uid} failed with status ${outcome.code}: ${outcome.message}`);
    if (!isRetriable(outcome.code)) return;
    await clock.sleep(retryDelayMs, signal);
    if (!signal.aborted) this.#changes.add();
  }

  #report(status: Omit<ObserverStatus, "since">): void {
    this.#deps.report({ ...status, since: new Date(this.#deps.clock.now()).toISOString() });
  }
}

/** Throws `TopologyError` (503) where the API does not answer within a minute. */
async function waitForApi(
  { clock, log }: Pick<ObserverDeps, "clock" | "log">,
  generateUrl: string,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL("/healthz", generateUrl).href;
  const began = clock.now();
  for (let failure = ""; clock.now() - began < healthDeadlineMs;) {
    try {
      const response = await fetch(url, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(healthIntervalMs * 5)]),
      });
      await response.body?.cancel();
      if (response.ok) return;
      failure = `status ${response.status}`;
    } catch (error) {
      failure = wordsOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
    }
    if (signal.aborted) return;
    log("info", `waiting for topology's API at ${url}: ${failure}`);
    await clock.sleep(healthIntervalMs, signal);
    if (signal.aborted) return;
  }
  const words = `topograph API not ready at ${url} after 1m0s: context deadline exceeded`;
  throw new TopologyError(503, words);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
