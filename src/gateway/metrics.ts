/** Upper bounds of the buckets of answer times, in seconds. */
const buckets = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10] as const;

/** What is to be told of a cluster. */
export interface ClusterNumbers {
  readonly name: string;
  readonly status: string;
  readonly pollSeconds: number;
  /** Absent until it has answered once. */
  readonly answerAgeSeconds?: number;
  /** Absent where the store does not answer. */
  readonly oldestWaitingSeconds?: number;
}

/** What the numbers are at one moment, beside those that are counted here. */
export interface Snapshot {
  readonly version: string;
  readonly storeAnswers: boolean;
  readonly clusters: readonly ClusterNumbers[];
}

/** The gateway's numbers, in Prometheus' text format (exposition formats, version 0.0.4). All names stand in this file. */
export class Metrics {
  readonly #requests = new Map<string, { operation: string; status: number; count: number }>();
  readonly #durations = new Map<string, { counts: number[]; sum: number; count: number }>();
  #streams = 0;

  /** Of streams the time until they began. */
  countRequest({ operation, status, seconds }: { operation: string; status: number; seconds: number }): void {
    const key = `${operation} ${status}`;
    const request = this.#requests.get(key) ?? { operation, status, count: 0 };
    request.count += 1;
    this.#requests.set(key, request);
    const duration = this.#durations.get(operation) ?? { counts: buckets.map(() => 0), sum: 0, count: 0 };
    for (const [i, bound] of buckets.entries())
      if (seconds <= bound) duration.counts[i] = (duration.counts[i] ?? 0) + 1;
    duration.sum += seconds;
    duration.count += 1;
    this.#durations.set(operation, duration);
  }

  /** Counts a stream until it is disposed. */
  openStream(): Disposable {
    this.#streams += 1;
    let open = true;
    return {
      [Symbol.dispose]: () => {
        if (open) this.#streams -= 1;
        open = false;
      },
    };
  }

  write({ version, storeAnswers, clusters }: Snapshot): string {
    const { user, system } = process.cpuUsage();
    const ofClusters = (
      name: string,
      help: string,
      value: (cluster: ClusterNumbers) => number | undefined,
    ): readonly string[] => [
      ...head(name, "gauge", help),
      ...clusters.flatMap((cluster) => {
        const number = value(cluster);
        return number === undefined ? [] : [`${name}{cluster="${label(cluster.name)}"} ${number}`];
      }),
    ];
    const lines = [
      ...head("sluice_build_info", "gauge", "Which version runs."),
      `sluice_build_info{version="${label(version)}"} 1`,
      ...head("sluice_http_requests_total", "counter", "Requests answered."),
      ...[...this.#requests.values()].map(
        ({ operation, status, count }) =>
          `sluice_http_requests_total{operation="${operation}",status="${status}"} ${count}`,
      ),
      ...head("sluice_http_request_seconds", "histogram", "Time until an answer began."),
      ...[...this.#durations].flatMap(([operation, { counts, sum, count }]) => [
        ...buckets.map(
          (bound, i) => `sluice_http_request_seconds_bucket{operation="${operation}",le="${bound}"} ${counts[i] ?? 0}`,
        ),
        `sluice_http_request_seconds_bucket{operation="${operation}",le="+Inf"} ${count}`,
        `sluice_http_request_seconds_sum{operation="${operation}"} ${sum}`,
        `sluice_http_request_seconds_count{operation="${operation}"} ${count}`,
      ]),
      ...head("sluice_http_streams", "gauge", "Event and output streams that are open."),
      `sluice_http_streams ${this.#streams}`,
      ...head("sluice_store_up", "gauge", "Whether the database of jobs answers."),
      `sluice_store_up ${storeAnswers ? 1 : 0}`,
      ...ofClusters("sluice_cluster_up", "Whether the cluster answered when it was last asked.", ({ status }) =>
        status === "up" ? 1 : 0,
      ),
      ...ofClusters(
        "sluice_cluster_answer_age_seconds",
        "How long ago the cluster answered last.",
        ({ answerAgeSeconds }) => answerAgeSeconds,
      ),
      ...ofClusters(
        "sluice_cluster_poll_seconds",
        "How often the cluster is asked, in seconds.",
        ({ pollSeconds }) => pollSeconds,
      ),
      ...ofClusters(
        "sluice_cluster_oldest_waiting_seconds",
        "How long the oldest job waits that the cluster has not been given yet; 0 where none does.",
        ({ oldestWaitingSeconds }) => oldestWaitingSeconds,
      ),
      ...head("process_resident_memory_bytes", "gauge", "Memory that the gateway holds."),
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      ...head("process_cpu_seconds_total", "counter", "Processor time that the gateway has used."),
      `process_cpu_seconds_total ${(user + system) / 1e6}`,
      ...head("process_start_time_seconds", "gauge", "When the gateway was started, in seconds since 1970."),
      `process_start_time_seconds ${performance.timeOrigin / 1000}`,
    ];
    return `${lines.join("\n")}\n`;
  }
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function label(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
