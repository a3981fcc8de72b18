/**
 * Does the same with many items, so many at a time and in their order; the results are in that order too. After a failure nothing
 * more is begun; it is thrown once what is under way has ended.
 */
export async function inParallel<In, Out>(
  items: Iterable<In>,
  mostAtOnce: number,
  work: (item: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = [];
  const failures: unknown[] = [];
  const rest = [...items].entries();
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true && failures.length === 0; next = rest.next()) {
      const [index, item] = next.value;
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: mostAtOnce }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
