import type { Backend } from "../backend.ts";
import { SharedWork } from "./shared-work.ts";

export interface Content {
  /** In hex. */
  readonly sha256: string;
  /** Asked for only where the cluster does not have it. */
  readonly read: () => Promise<Uint8Array>;
}

/** What of a cluster is needed to bring files to it. */
export type FileKeeper = Pick<Backend, "clusterName" | "keptFile" | "keepFile">;

/** What is known of one cluster. */
interface Kept {
  readonly uploads: SharedWork<string>;
  /** By hash: the path, and when the cluster last said so, by the clock of `performance.now`. */
  readonly paths: Map<string, { readonly path: string; readonly atMs: number }>;
}

/** So long the cluster's word is taken. A test cluster may be made anew, without its files, while this process goes on. */
const believedMs = 60_000;

const kept = new WeakMap<FileKeeper, Kept>();

/** Brings content to a cluster, once however many ask, and resolves to its absolute path there. */
export async function keepContent(
  backend: FileKeeper,
  { sha256, read }: Content,
  signal: AbortSignal | undefined,
): Promise<string> {
  const known: Kept = kept.get(backend) ?? { uploads: new SharedWork(), paths: new Map() };
  kept.set(backend, known);
  const before = known.paths.get(sha256);
  if (before !== undefined && performance.now() - before.atMs < believedMs) return before.path;
  return known.uploads.do(sha256, signal, async (stop) => {
    const cluster = await backend.clusterName(stop);
    const path =
      (await backend.keptFile(cluster, sha256, { signal: stop })) ??
      (await backend.keepFile(cluster, sha256, await read(), { signal: stop }));
    known.paths.set(sha256, { path, atMs: performance.now() });
    return path;
  });
}
