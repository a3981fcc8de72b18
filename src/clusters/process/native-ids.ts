import { mkdir, open, readdir, unlink } from "node:fs/promises";

/**
 * Numbers for jobs of this machine, each used once: `<base>/process/<number>` is made exclusively and names the job. The
 * highest is never removed, so that no number comes back.
 */
export async function takeNativeId(base: string, jobId: string): Promise<string> {
  const folder = `${base}/process`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let number = (await highest(folder)) + 1; ; number += 1) {
    try {
      await using file = await open(`${folder}/${number}`, "wx", 0o600);
      await file.writeFile(`${jobId}\n`);
      return String(number);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}

/** Gives the number's file back, unless it is the highest. */
export async function releaseNativeId(base: string, nativeId: string): Promise<void> {
  const folder = `${base}/process`;
  if (Number(nativeId) < (await highest(folder))) await unlink(`${folder}/${nativeId}`).catch(() => {});
}

async function highest(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  return names.reduce((max, name) => (/^\d+$/.test(name) ? Math.max(max, Number(name)) : max), 0);
}
