import { createLocalRunner } from "../src/remote/local-runner.ts";
import type { TopologyHost } from "../src/topology/topology-host.ts";

/** What a provider or an engine told of itself. */
export interface Recorded {
  /** `name{label="value"}`, once for every time. */
  readonly metrics: string[];
  /** `level: message`. */
  readonly log: string[];
}

/** A host of topology for tests: nothing of the environment but what is given, this machine's runner, all that is told kept. */
export function recordingHost(given: Partial<TopologyHost> = {}): TopologyHost & { readonly recorded: Recorded } {
  const recorded: Recorded = { metrics: [], log: [] };
  const keep = (metric: string, labels: Readonly<Record<string, string>>): void => {
    const shown = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    recorded.metrics.push(`${metric}{${shown.join(",")}}`);
  };
  return {
    environment: {},
    runner: createLocalRunner({ env: { PATH: "/usr/bin:/bin" } }),
    kubernetes: () => Promise.reject(new Error("this test has no Kubernetes")),
    readModel: () => Promise.reject(new Error("this test has no models")),
    metrics: { mark: keep, observe: keep },
    log: (level, message) => void recorded.log.push(`${level}: ${message}`),
    ...given,
    recorded,
  };
}
