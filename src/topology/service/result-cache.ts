import type { TopologyAnswer } from "../topology-store.ts";

/** How many ids are remembered, those that wait included. */
export const rememberedIds = 100;

/** Answers by id, of those that were written or read last. */
export class ResultCache {
  readonly #answers = new Map<string, TopologyAnswer>();

  /** Reading keeps an answer for longer. */
  get(id: string): TopologyAnswer | undefined {
    const found = this.#answers.get(id);
    if (found !== undefined) this.#move(id, found);
    return found;
  }

  set(id: string, answer: TopologyAnswer): void {
    this.#move(id, answer);
    if (this.#answers.size <= rememberedIds) return;
    const [oldest] = this.#answers.keys();
    if (oldest !== undefined) this.#answers.delete(oldest);
  }

  /** Takes the place of exactly this answer; does nothing where another stands there, or none. */
  replace(id: string, before: TopologyAnswer, answer: TopologyAnswer): void {
    if (this.#answers.get(id) === before) this.set(id, answer);
  }

  #move(id: string, answer: TopologyAnswer): void {
    this.#answers.delete(id);
    this.#answers.set(id, answer);
  }
}
