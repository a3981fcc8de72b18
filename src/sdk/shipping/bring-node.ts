import { createReadStream, statSync } from "node:fs";
import { machine } from "node:os";
import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import { SluiceError } from "../../errors.ts";
import { BundleFolder, hashOf } from "./bundle-folder.ts";
import { keepContent, type FileKeeper } from "./keep-content.ts";
import { SharedWork } from "./shared-work.ts";
import type { BroughtNode } from "./shipped-code.ts";

/** What a cluster takes as one file. */
const largest = 64 * 1024 * 1024;

const packing = new SharedWork<string>();

/** Brings the Node that runs this process to a cluster, once for each of its builds: about 50 MB. Throws `FILE_UNWRITABLE` and `LIMIT_EXCEEDED`. */
export async function bringNode(
  backend: FileKeeper,
  { home, signal }: { readonly home: string; readonly signal?: AbortSignal | undefined },
): Promise<BroughtNode> {
  const folder = new BundleFolder(home);
  const sha256 = await packedNode(folder, home, signal);
  const read = async (): Promise<Uint8Array> => folder.readContent(sha256) ?? (await pack());
  const path = await keepContent(backend, { sha256, read }, signal);
  return { path, sha256, version: process.versions.node, machine: machine() };
}

/** The hash of this process's Node, packed; it is packed once, as that takes seconds. */
async function packedNode(folder: BundleFolder, home: string, signal: AbortSignal | undefined): Promise<string> {
  const { mtimeMs, size, ino } = statSync(process.execPath);
  const key = hashOf(JSON.stringify([process.execPath, process.version, mtimeMs, size, ino]));
  const known = folder.readNote(key);
  if (typeof known === "string") return known;
  return packing.do(`${home}\0${key}`, signal, async () => {
    const sha256 = await folder.writeContent(await pack());
    await folder.writeNote(key, sha256);
    return sha256;
  });
}

/** Fast rather than small: a slow connection is met once. */
async function pack(): Promise<Uint8Array> {
  const bytes = await buffer(createReadStream(process.execPath).pipe(createGzip({ level: 1 })));
  if (bytes.length <= largest) return bytes;
  throw new SluiceError(
    "LIMIT_EXCEEDED",
    `${process.execPath} is too large to be brought to a cluster (${bytes.length} bytes packed, ${largest} at most); install Node ` +
      'on the nodes, or name one of theirs as node: "/path/of/node"',
  );
}
