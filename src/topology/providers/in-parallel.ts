/** Does the same to many things, so many at a time; the results are in the order of the things. Throws the first failure. */
export async function inParallel<In, Out>(
  things: readonly In[],
  mostAtOnce: number,
  work: (thing: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < things.length && !failed) {
      const index = next++;
      const thing = things[index];
      if (thing === undefined) continue;
      try {
        results[index] = await work(thing);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(mostAtOnce, things.length) }, worker));
  return results;
}
