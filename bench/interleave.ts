/**
 * One way to do a thing. Only `run` is timed, unless it says itself how many milliseconds it took; `before` and `after`
 * stand around every run of it.
 */
export interface Contender {
  readonly name: string;
  before?(): Promise<void>;
  run(): Promise<void | number>;
  after?(): Promise<void>;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds, one per run. */
  readonly runs: readonly number[];
  readonly medianMs: number;
}

/**
 * Runs the contenders in turn, round after round, so that whatever else the machine does falls on all of them alike. One
 * round ahead of the others is not counted: it pays for cold caches. Who begins changes from round to round.
 */
export async function interleave(contenders: readonly Contender[], rounds: number): Promise<readonly Timing[]> {
  const runs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    const first = round % contenders.length;
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      const elapsed = await timed(contender);
      if (round > 0) runs.get(contender.name)?.push(elapsed);
    }
  }
  return [...runs].map(([name, times]) => ({ name, runs: times, medianMs: median(times) }));
}

async function timed(contender: Contender): Promise<number> {
  await contender.before?.();
  try {
    const started = performance.now();
    const own = await contender.run();
    return own ?? performance.now() - started;
  } finally {
    await contender.after?.();
  }
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("no median of nothing");
  const lower = sorted[middle - 1];
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
}

/** The value below which such a part of them lies, of values that are in order. */
export function percentile(sorted: readonly number[], part: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  if (value === undefined) throw new RangeError("no percentile of nothing");
  return value;
}
