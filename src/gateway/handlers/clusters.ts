import { SluiceError } from "../../errors.ts";
import { defined } from "../../schema/defined.ts";
import type { GatewayDeps } from "../call.ts";
import { getCluster, listClusters, listNodes, listPartitions, listQueue } from "../contract/cluster-operations.ts";
import { getHealth, getMetrics, getReadiness } from "../contract/gateway-operations.ts";
import type { Snapshot } from "../metrics.ts";
import type { mounter } from "../mount.ts";

/** Mounts what is to be known of clusters, and of the gateway itself. */
export function mountClusters(mount: ReturnType<typeof mounter>, deps: GatewayDeps): void {
  const { service, metrics } = deps;

  mount(listClusters, async () => ({ clusters: await service.clusters() }));
  mount(getCluster, async ({ params }) => {
    const clusters = await service.clusters();
    const cluster = clusters.find(({ name }) => name === params.cluster);
    if (cluster !== undefined) return cluster;
    const known = clusters.map(({ name }) => name).join(", ") || "none";
    throw new SluiceError(
      "CLUSTER_NOT_FOUND",
      `no cluster ${JSON.stringify(params.cluster)} is known; known: ${known}`,
    );
  });
  mount(listNodes, async ({ params: { cluster }, query: { partition, state } }, { signal }) => {
    const { nodes, partitions: _, ...snapshot } = await service.inventory(cluster, signal);
    const wanted = nodes.filter(
      (node) =>
        (partition === undefined || node.partitions.includes(partition)) &&
        (state === undefined || node.state === state || node.flags.includes(state)),
    );
    return { cluster, ...snapshot, nodes: wanted };
  });
  mount(listPartitions, async ({ params: { cluster } }, { signal }) => {
    const { nodes: _, ...inventory } = await service.inventory(cluster, signal);
    return { cluster, ...inventory };
  });
  mount(listQueue, async ({ query }, { caller }) => ({ queue: await service.queue(defined(query), caller) }));

  mount(getHealth, () => ({ status: "ok" }) as const);
  mount(getReadiness, async (_, { isKnown, respond }) => {
    const ready = await storeAnswers(deps);
    if (!ready) respond.status = 503;
    return isKnown ? { ready, clusters: await service.clusters() } : { ready };
  });
  mount(getMetrics, async () => {
    const text = metrics.write(await takeNumbers(deps));
    const ofTopology = (await deps.topology?.measures.write()) ?? "";
    return new Response(text + ofTopology, { headers: { "content-type": "text/plain; version=0.0.4" } });
  });
}

async function takeNumbers({ service, clock, localCaller, version }: GatewayDeps): Promise<Snapshot> {
  const now = clock.now();
  const ageOf = (time: string): number => Math.max(0, (now - Date.parse(time)) / 1000);
  const clusters = await Promise.all(
    (await service.clusters()).map(async ({ name, status, pollSeconds, lastAnswer }) => ({
      name,
      status,
      pollSeconds,
      ...(lastAnswer !== undefined && { answerAgeSeconds: ageOf(lastAnswer) }),
      ...defined({ oldestWaitingSeconds: await oldestWaiting(name) }),
    })),
  );
  return { version, clusters, storeAnswers: await storeAnswers({ service, localCaller }) };

  async function oldestWaiting(cluster: string): Promise<number | undefined> {
    const listing = { clusters: [cluster], states: ["accepted", "submitting"], sort: "accepted", limit: 1 } as const;
    try {
      const [oldest] = (await service.list({ ...listing, order: "ascending" }, localCaller)).jobs;
      return oldest === undefined ? 0 : ageOf(oldest.acceptedAt);
    } catch {
      return undefined;
    }
  }
}

function storeAnswers({ service, localCaller }: Pick<GatewayDeps, "service" | "localCaller">): Promise<boolean> {
  return service.list({ limit: 1 }, localCaller).then(
    () => true,
    () => false,
  );
}
