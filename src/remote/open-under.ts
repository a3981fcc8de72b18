import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";

/**
 * Opens a file without following any symbolic link below the folder, whoever puts one there meanwhile: each folder is entered
 * from the one before, by its descriptor (Linux, proc(5), `/proc/self/fd`). Rejects with `ELOOP` or `ENOTDIR` at a link.
 */
export async function openUnder(folder: string, path: string, flags: number): Promise<FileHandle> {
  const names = namesUnder(folder, path);
  const last = names.pop() ?? "";
  let at = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const name of names) {
      const next = await open(entry(at, name), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      await at.close();
      at = next;
    }
    return await open(entry(at, last), flags | constants.O_NOFOLLOW);
  } finally {
    await at.close();
  }
}

/** The names on the way from a folder to a file below it. Throws for a path that does not lead there straight. */
export function namesUnder(folder: string, path: string): string[] {
  const names = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1).split("/") : [];
  if (names.length > 0 && names.every((name) => name !== "" && name !== "." && name !== "..")) return names;
  throw new Error(`${path} is no plain path below ${folder}`);
}

function entry(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}
