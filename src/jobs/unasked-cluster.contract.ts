import type { Cluster } from "./cluster.ts";

const no = (): Promise<never> => Promise.reject(new Error("not asked for"));

/** For clusters made up in tests: every ability fails the test that asks for it, but for those that are laid over it. */
export const unasked: Omit<Cluster, "kind" | "name" | "capabilities"> = {
  submit: no,
  submitAll: no,
  find: no,
  observe: no,
  queue: no,
  settle: no,
  control: no,
  signalJob: no,
  change: no,
  test: no,
  budget: no,
  inventory: no,
  cancel: no,
  outputs: no,
  readOutput: no,
  keepFile: no,
  keptFile: no,
  readJobFile: no,
  forget: no,
};
