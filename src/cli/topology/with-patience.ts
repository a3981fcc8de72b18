import type { Context } from "../command.ts";

/** How long a provider may take before a person is told that it is still asked. */
const patienceMs = 3_000;

/** Does work of a provider, and says on stderr every few seconds that it has not answered yet. */
export async function withPatience<T>({ io }: Context, provider: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const timer = setInterval(() => {
    io.err(`  ${provider}: no answer yet after ${Math.round((performance.now() - began) / 1000)} s\n`);
  }, patienceMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
