import { SluiceError } from "../../errors.ts";
import type { GatewayDeps } from "../call.ts";
import * as contract from "../contract/file-operations.ts";
import type { mounter } from "../mount.ts";
import { streamBody } from "../stream.ts";

/** Mounts what is kept for jobs, and what jobs leave. */
export function mountFiles(mount: ReturnType<typeof mounter>, deps: GatewayDeps): void {
  const { service } = deps;

  mount(contract.keepFile, async ({ params: { cluster, sha256 }, body: bytes }, { caller, signal }) => ({
    path: await service.keepFile(cluster, { sha256, bytes }, caller, signal),
  }));

  mount(contract.findKeptFile, async ({ params: { cluster, sha256 } }, { caller, signal }) => {
    const path = await service.keptFile(cluster, sha256, caller, signal);
    if (path !== undefined) return { path };
    throw new SluiceError(
      "FILE_NOT_FOUND",
      `cluster ${JSON.stringify(cluster)} keeps no file of that SHA-256; send it`,
      {
        details: { cluster, sha256 },
      },
    );
  });

  mount(contract.readJobFile, async ({ params: { id, name } }, { caller, signal }) => {
    const file = await service.jobFile(id, name, caller, signal);
    if (file === undefined) {
      throw new SluiceError("FILE_NOT_FOUND", `job ${id} has left no file ${JSON.stringify(name)}`, {
        details: { jobId: id, name },
      });
    }
    const body = streamBody(
      { open: (until) => file.pieces(until), write: (piece: Uint8Array) => piece },
      { deps, signal },
    );
    return new Response(body, {
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(file.size),
        "cache-control": "no-store",
      },
    });
  });
}
