import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../host.ts";
import { probe } from "../probe.ts";

/** How long munged may take to answer its first request; it takes a few milliseconds. */
const answerDeadlineMs = 5_000;

interface MungeFacts {
  readonly isRoot: boolean;
  readonly missing: boolean;
  /** What stood in the way of a credential made and read again; `undefined` where nothing did. */
  readonly failure: string | undefined;
}

/** Starts a munged of this user in a throwaway folder, and has it make a credential and read it again. */
export const munge = probe<MungeFacts>({
  kind: "munge",
  async inspect(host, signal) {
    const [munged, encode, decode] = await Promise.all([host.find("munged"), host.find("munge"), host.find("unmunge")]);
    const isRoot = host.uid === 0;
    if (munged === undefined || encode === undefined || decode === undefined) {
      return { isRoot, missing: true, failure: undefined };
    }
    return { isRoot, missing: false, failure: await roundTrip(host, { munged, encode, decode }, signal) };
  },
  judge({ isRoot, missing, failure }, remedies) {
    const works = !missing && failure === undefined;
    return [
      {
        id: "munge",
        title: "munge",
        status: works ? "ok" : missing ? "missing" : "warn",
        needed: false,
        found: works ? `munged runs as ${isRoot ? "root" : "this user"}` : missing ? "not found" : (failure ?? ""),
        why: "authentication among the daemons; without it clusters use auth/none",
        ...(works
          ? {}
          : { remedy: missing ? remedies.install(["munged"]) : "clusters use auth/none, for this user alone" }),
      },
    ];
  },
});

async function roundTrip(
  host: Host,
  programs: { munged: string; encode: string; decode: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  await using folder = await host.temporaryFolder();
  const key = await folder.write("key", randomBytes(64).toString("hex"), 0o400);
  const socket = `${folder.path}/socket`;
  const credential = `${folder.path}/credential`;
  await using daemon = host.start([
    programs.munged,
    "--foreground",
    "--force",
    "--num-threads=1",
    `--socket=${socket}`,
    `--key-file=${key}`,
    `--pid-file=${folder.path}/pid`,
    `--seed-file=${folder.path}/seed`,
    `--log-file=${folder.path}/log`,
  ]);
  let ended: string | undefined;
  void daemon.ended.then(({ stderr }) => (ended = stderr.trim() || "munged ended at once"));
  for (const deadline = AbortSignal.timeout(answerDeadlineMs); ; await sleep(10, undefined, { signal })) {
    const made = await host.run(
      [programs.encode, "--no-input", `--socket=${socket}`, `--output=${credential}`],
      signal,
    );
    if (made.exitCode === 0) break;
    if (ended !== undefined) return ended;
    if (deadline.aborted) return `munged does not answer: ${made.stderr.trim()}`;
  }
  const read = await host.run([programs.decode, `--socket=${socket}`, `--input=${credential}`], signal);
  return read.exitCode === 0 ? undefined : read.stderr.trim() || read.stdout.trim();
}
