import { SluiceError } from "../../errors.ts";
import { matchesGlob } from "./outcome.ts";
import type { Fault, RequestGroup } from "../mock-settings.ts";

/** What is to go wrong, and how often it has. */
export class Faults {
  readonly #due: { readonly fault: Fault; seen: number }[] = [];
  readonly #cluster: string;

  constructor(cluster: string, faults: readonly Fault[]) {
    this.#cluster = cluster;
    for (const fault of faults) this.add(fault);
  }

  add(fault: Fault): void {
    this.#due.push({ fault, seen: 0 });
  }

  /** Throws `CLUSTER_UNREACHABLE` where the cluster is not to answer this request. */
  reach(group: RequestGroup): void {
    if (!this.#happens((fault) => fault.fault === "unreachable" && (fault.to ?? group) === group)) return;
    throw new SluiceError("CLUSTER_UNREACHABLE", `the mock cluster "${this.#cluster}" does not answer, as it was told`);
  }

  /** Throws `SUBMIT_REJECTED` where a job of that name is to be refused. */
  accept(name: string): void {
    let words = "this job is refused, as the mock was told";
    const refuses = (fault: Fault): boolean => {
      if (fault.fault !== "refuse" || !matchesGlob(name, fault.name ?? "*")) return false;
      words = fault.message ?? words;
      return true;
    };
    if (this.#happens(refuses)) throw new SluiceError("SUBMIT_REJECTED", words, { details: { name } });
  }

  /** Throws `CLUSTER_UNREACHABLE` where the answer to a submission is to be lost. */
  answer(): void {
    if (!this.#happens(({ fault }) => fault === "lose-answer")) return;
    throw new SluiceError(
      "CLUSTER_UNREACHABLE",
      `the answer of the mock cluster "${this.#cluster}" is lost, as it was told`,
    );
  }

  /** Whether the first of the faults that are meant, and are due, happens; each that is meant counts the request. */
  #happens(isMeant: (fault: Fault) => boolean): boolean {
    for (const due of this.#due) {
      if (!isMeant(due.fault)) continue;
      const { after = 0, times = Infinity } = due.fault;
      due.seen += 1;
      if (due.seen > after && due.seen <= after + times) return true;
    }
    return false;
  }
}
