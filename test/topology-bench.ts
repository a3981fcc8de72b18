import { HandClock } from "./hand-clock.ts";
import { readRequest } from "../src/topology/request/read-request.ts";
import type { TopologyRequest } from "../src/topology/request/topology-request.ts";
import type { TopologyStore } from "../src/topology/topology-store.ts";
import { createMemoryTopologyStore } from "../src/topology/service/memory-topology-store.ts";
import { TopologyService, type TopologyServiceDeps } from "../src/topology/service/topology-service.ts";

/** Time that passes when a test says so, with all that follows from it. */
class PassingClock extends HandClock {
  async pass(milliseconds: number): Promise<void> {
    await settle();
    this.advance(milliseconds);
    await settle();
  }
}

/** Nothing here waits for anything but promises, so a few turns of the event loop are enough for all that follows. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A service of a test's own: what it was asked to run, and what it measured. */
export interface Bench extends AsyncDisposable {
  readonly clock: PassingClock;
  readonly service: TopologyService;
  readonly store: TopologyStore;
  readonly measured: string[];
  readonly ran: TopologyRequest[];
}

/** A service over a store in memory, whose requests answer with the names of their nodes. */
export async function bench(more: Partial<TopologyServiceDeps> = {}): Promise<Bench> {
  const clock = new PassingClock();
  const store = more.store ?? createMemoryTopologyStore();
  const [measured, ran]: [string[], TopologyRequest[]] = [[], []];
  const { run = async (asked: TopologyRequest) => ({ body: nodeNames(asked) }), ...rest } = more;
  const service = await TopologyService.open({
    clock,
    store,
    log: () => {},
    delayMs: 100,
    attemptMs: 60_000,
    holder: "me",
    isDead: () => false,
    answersOnly: () => false,
    measure: (_request, status, seconds) => measured.push(`${status} ${seconds}`),
    run: (asked, signal) => {
      ran.push(asked);
      return run(asked, signal);
    },
    ...rest,
  });
  return { clock, store, service, measured, ran, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

/** A request by its only parameter, for these nodes: those that differ in nodes alone have one id. */
export function request(testcase: string, ...nodes: readonly string[]): TopologyRequest {
  const instances = Object.fromEntries(nodes.map((node) => [node, node]));
  const provider = { name: "test", params: { testcaseName: testcase } };
  return readRequest(
    Buffer.from(JSON.stringify({ provider, engine: { name: "slurm" }, nodes: [{ region: "r", instances }] })),
  );
}

/** Sends a request, and lets the delay pass. */
export async function submitAndPass(it: Bench, ...nodes: readonly string[]): Promise<{ id: string; number: number }> {
  const sent = await it.service.submit(request("a", ...nodes));
  await it.clock.pass(100);
  return sent;
}

/** What `bench` answers a request with. */
export function nodeNames({ nodes = [] }: TopologyRequest): string {
  return nodes.flatMap(({ instances }) => [...instances.values()]).join(",");
}
