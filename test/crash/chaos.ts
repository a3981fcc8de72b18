import { setTimeout as sleep } from "node:timers/promises";
import { readConfig } from "../../src/config.ts";
import { startBareCluster, type BareCluster } from "../bare-cluster.ts";
import { startSshd, type RealSshd } from "../real-sshd.ts";
import { signalAll, sshClientsOf } from "../ssh-client.ts";
import { CrashRun } from "./crash-run.ts";
import { randomOf } from "./random.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly jobs: number;
  /** How often the engine is killed. */
  readonly kills: number;
  /** How the engine reaches its cluster. */
  readonly over: "local" | "ssh";
  /** How long slurmctld is suspended, and how long it is away before it is started again, in milliseconds. */
  readonly outageMs: number;
  /** Told how it goes. */
  readonly say: (line: string) => void;
  /** Ends the run before its time, with all that it has started. */
  readonly signal: AbortSignal;
}

export interface ChaosFigures {
  readonly seconds: number;
  /** How often each thing was done. */
  readonly deeds: Readonly<Record<string, number>>;
}

type Did = (deed: string) => void;

/** How long an engine lives at most after it began to work, in milliseconds. */
const longestLifeMs = 800;
/** Above the lease of these engines, 400 ms. */
const beyondLeaseMs = 700;
const sshdAwayMs = 600;
/** Below the patience of who opens the store, 10 s. */
const longestWaitMs = 3_000;

/** Jobs of a run that ended stay listed, to be counted. */
export function startCountingCluster(): Promise<BareCluster> {
  // What slurmctld believes to run, and no node has, is looked for soon.
  return startBareCluster(["MinJobAge=36000", "MaxJobCount=20000", "BatchStartTimeout=1"]);
}

/** A login node for the clusters of this host. */
export function startLoginNode(): Promise<RealSshd> {
  return startSshd([`SetEnv "PATH=${readConfig().path}"`]);
}

/**
 * Submits jobs through engines that are killed one after another at random moments, while ssh, sshd and slurmctld are
 * killed, suspended and away too. Throws where in the end a job is lost, doubled, or told otherwise than it is.
 */
export async function chaos({ seed, jobs, kills, over, outageMs, say, signal }: ChaosOptions): Promise<ChaosFigures> {
  const began = performance.now();
  const deeds: Record<string, number> = {};
  const did: Did = (deed) => void (deeds[deed] = (deeds[deed] ?? 0) + 1);
  const random = randomOf(seed);
  const cluster = await startCountingCluster();
  const sshd = over === "ssh" ? await startLoginNode() : undefined;
  try {
    await using run = await CrashRun.open(cluster.slurmConf, sshd?.destination);
    const outages = [
      { at: Math.floor(kills / 3), deed: "slurmctld suspended", ...suspension(cluster) },
      { at: Math.floor((kills * 2) / 3), deed: "slurmctld restarted", ...restart(cluster) },
    ];
    let current: { readonly at: number; readonly end: () => Promise<void> } | undefined;
    const endOutage = async (): Promise<void> => {
      const ending = current;
      current = undefined;
      await ending?.end();
    };

    for (let kill = 0; kill < kills; kill += 1) {
      signal.throwIfAborted();
      // All is drawn at once, so that the same seed makes the same plan however the moments fall.
      const [life, how, harm, when] = [random(), random(), random(), random()];
      if (current !== undefined && performance.now() >= current.at) await endOutage();
      const outage = outages.find(({ at }) => at === kill);
      if (outage !== undefined) {
        await endOutage();
        await outage.begin();
        did(outage.deed);
        current = { at: performance.now() + outageMs, end: outage.end };
      }
      await oneLife(run, { upTo: Math.ceil((jobs * (kill + 1)) / kills), life, how, harm, when, sshd, did });
      if ((kill + 1) % 10 === 0 || kill + 1 === kills) {
        const seconds = Math.round((performance.now() - began) / 1000);
        say(`${over}, seed ${seed}: ${kill + 1} of ${kills} kills, ${run.answered.size} of ${jobs} jobs, ${seconds} s`);
      }
    }
    if (current !== undefined) await sleep(Math.max(0, current.at - performance.now()));
    await endOutage();
    await run.expectExactlyOnce(jobs, 120_000 + jobs * 300, () => cluster.lookAfterJobs());
  } finally {
    await sshd?.close();
    await cluster.close();
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  return { seconds, deeds };
}

interface Life {
  readonly upTo: number;
  /** Numbers from 0 up to 1. */
  readonly life: number;
  readonly how: number;
  readonly harm: number;
  readonly when: number;
  readonly sshd: RealSshd | undefined;
  readonly did: Did;
}

/** One engine from its start to its death. */
async function oneLife(run: CrashRun, { upTo, life, how, harm, when, sshd, did }: Life): Promise<void> {
  const child = run.start();
  if (how < 0.1) {
    await sleep(life * longestLifeMs);
    did("engine killed as it starts");
    return child.kill();
  }
  await child.ready;
  const works = [run.submit(child, upTo)];
  const lifeMs = life * longestLifeMs;
  if (sshd !== undefined && harm < 0.6) {
    await sleep(when * lifeMs);
    await harmSsh(sshd, harm / 0.6, did);
    // Long enough to connect again, so that what comes after a loss is met by a kill too.
    await sleep(300);
  }
  await sleep(lifeMs * (1 - when));
  if (how < 0.2) {
    child.signal("SIGSTOP");
    const other = run.start();
    // One that is suspended within a write keeps all others from the store.
    await Promise.race([other.ready, sleep(longestWaitMs)]);
    works.push(run.submit(other, upTo));
    await sleep(beyondLeaseMs);
    child.signal("SIGCONT");
    await other.ready;
    await sleep(lifeMs / 2);
    did("engine suspended beyond its lease");
    await other.kill();
  }
  const all = how > 0.7;
  did(all ? "engine killed with its children" : "engine killed");
  await (all ? child.killAll() : child.kill());
  await Promise.all(works);
}

async function harmSsh(sshd: RealSshd, which: number, did: Did): Promise<void> {
  if (which < 0.35) {
    did("ssh killed");
    signalAll(sshClientsOf(sshd.port), "SIGKILL");
  } else if (which < 0.7) {
    did("sshd's sessions killed");
    signalAll(sshd.sessions(), "SIGKILL");
  } else if (which < 0.85) {
    did("sshd's sessions suspended");
    const frozen = sshd.sessions();
    signalAll(frozen, "SIGSTOP");
    await sleep(sshdAwayMs);
    signalAll(frozen, "SIGCONT");
  } else {
    did("sshd away");
    await sshd.stop({ sessions: which < 0.93 });
    await sleep(sshdAwayMs);
    await sshd.start();
  }
}

function suspension(cluster: BareCluster) {
  return {
    begin: () => cluster.signal("slurmctld", "SIGSTOP"),
    end: () => cluster.signal("slurmctld", "SIGCONT"),
  };
}

/**
 * Ended by SIGTERM, as a restart of the service or of its host does it: killed by SIGKILL slurmctld itself forgets jobs
 * that it has answered for, for it writes its state down only every few seconds.
 */
function restart(cluster: BareCluster) {
  return { begin: () => cluster.end("slurmctld"), end: () => cluster.restart("slurmctld") };
}
