import {
  endedTopologyStates,
  topologyBounds,
  type TopologyChange,
  type TopologyRecord,
  type TopologyStore,
} from "../topology-store.ts";

interface Kept {
  record: TopologyRecord;
  readonly holder: string;
  body: string | undefined;
}

/** The history of a server that is to write nothing; it ends with its process. */
export function createMemoryTopologyStore(bounds = topologyBounds): TopologyStore {
  const kept = new Map<number, Kept>();
  let last = 0;

  const newestFirst = (): Kept[] => [...kept.values()].reverse();

  return {
    async add({ holder, ...record }) {
      last += 1;
      kept.set(last, { record: { ...record, number: last, state: "waiting", attempts: 0 }, holder, body: undefined });
      kept.delete(last - bounds.records);
      const old = kept.get(last - bounds.answers);
      if (old !== undefined) old.body = undefined;
      return last;
    },
    async change(numbers, { body, ...change }) {
      for (const number of numbers) {
        const found = kept.get(number);
        if (found === undefined) continue;
        found.record = changed(found.record, change);
        if (body !== undefined && number > last - bounds.answers) found.body = body;
      }
    },
    get: async (number) => kept.get(number)?.record,
    async answer(number) {
      const found = kept.get(number);
      return found === undefined ? undefined : answerOf(found);
    },
    async list({ limit, before = Infinity, id }) {
      return newestFirst()
        .map(({ record }) => record)
        .filter((record) => record.number < before && (id === undefined || record.id === id))
        .slice(0, limit);
    },
    async latestAnswers(limit) {
      const newest = new Map<string, Kept>();
      for (const entry of newestFirst()) {
        const { id, state } = entry.record;
        if (state !== "superseded" && !newest.has(id)) newest.set(id, entry);
      }
      return [...newest]
        .flatMap(([id, entry]) => {
          const answer = answerOf(entry);
          return answer === undefined ? [] : [{ id, ...answer }];
        })
        .slice(0, limit);
    },
    async unfinished() {
      const ended: readonly string[] = endedTopologyStates;
      return [...kept.values()]
        .filter(({ record }) => !ended.includes(record.state))
        .map(({ record: { number }, holder }) => ({ number, holder }));
    },
  };
}

function answerOf({ record: { status, state }, body }: Kept): { status: number; body: string } | undefined {
  if (status === undefined || body === undefined || (state !== "done" && state !== "failed")) return undefined;
  return { status, body };
}

/** What a change clears is left out of the record. */
function changed(record: TopologyRecord, change: Omit<TopologyChange, "body">): TopologyRecord {
  const { status, reason, startedMs, nextAttemptMs, endedMs, ...rest } = { ...record, ...change };
  return {
    ...rest,
    ...(status !== undefined && { status }),
    ...(reason !== undefined && { reason }),
    ...(startedMs !== undefined && { startedMs }),
    ...(nextAttemptMs !== undefined && { nextAttemptMs }),
    ...(endedMs !== undefined && { endedMs }),
  };
}
