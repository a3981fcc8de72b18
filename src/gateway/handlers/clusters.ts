import { SluiceError } from "../../errors.ts";
import { defined } from "../../schema/defined.ts";
import type { GatewayDeps } from "../call.ts";
import { getCluster, listClusters, listNodes, listPartitions, listQueue } from "../contract/cluster-operations.ts";
import { getHealth, getMetrics, getReadiness } from "../contract/gateway-operations.ts";
import type { mounter } from "../mount.ts";

/** Mounts what is to be known of clusters, and of the gateway itself. */
export function mountClusters(mount: ReturnType<typeof mounter>, deps: GatewayDeps): void {
  const { service, metrics, localCaller } = deps;

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
    const ready = await service.list({ limit: 1 }, localCaller).then(
      () => true,
      () => false,
    );
    if (!ready) respond.status = 503;
    return isKnown ? { ready, clusters: await service.clusters() } : { ready };
  });
  mount(getMetrics, async () => {
    const text = metrics.write(await service.clusters());
    return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4" } });
  });
}
