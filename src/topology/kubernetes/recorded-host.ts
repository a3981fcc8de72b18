import type { Runner } from "../../jobs/runner.ts";
import type { TopologyHost } from "../topology-host.ts";
import type { RecordedKubernetes } from "./recorded-kubernetes.ts";

/** A host for tests that has a fake API server, no commands, no models and a log in memory. */
export interface RecordedHost extends TopologyHost {
  /** `warning: …`, without lines of `debug`. */
  readonly lines: readonly string[];
}

/** Makes such a host; its environment is empty where none is given. */
export function recordedHost(
  api: RecordedKubernetes,
  environment: Readonly<Record<string, string | undefined>> = {},
): RecordedHost {
  const lines: string[] = [];
  return {
    lines,
    environment,
    runner: noRunner,
    kubernetes: () => Promise.resolve(api),
    readModel: () => Promise.reject(new Error("there are no models here")),
    metrics: { mark: () => undefined, observe: () => undefined },
    log(level, message) {
      if (level !== "debug") lines.push(`${level}: ${message}`);
    },
  };
}

const refuse = (): Promise<never> => Promise.reject(new Error("there are no commands and no files here"));

const noRunner: Runner = {
  host: "nowhere",
  run: refuse,
  output: refuse,
  readFile: refuse,
  writeFile: refuse,
  makeDirectory: refuse,
  listDirectory: refuse,
  removeDirectory: refuse,
};
