/**
 * Waits for all of some work done at once, and throws the first failure only then: nothing may go on writing behind the back
 * of a caller that already cleans up.
 */
export async function settleAll(work: Iterable<Promise<unknown>>): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === "rejected") throw result.reason;
}
