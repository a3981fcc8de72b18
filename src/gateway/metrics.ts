/** Upper bounds of the buckets of answer times, in seconds. */
const buckets = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10] as const;

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

  write(clusters: readonly { readonly name: string; readonly status: string; readonly pollSeconds: number }[]): string {
    const lines = [
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
      ...head("sluice_cluster_up", "gauge", "Whether the cluster answered when it was last asked."),
      ...clusters.map(({ name, status }) => `sluice_cluster_up{cluster="${label(name)}"} ${status === "up" ? 1 : 0}`),
      ...head("sluice_cluster_poll_seconds", "gauge", "How often the cluster is asked, in seconds."),
      ...clusters.map(
        ({ name, pollSeconds }) => `sluice_cluster_poll_seconds{cluster="${label(name)}"} ${pollSeconds}`,
      ),
      ...head("process_resident_memory_bytes", "gauge", "Memory that the gateway holds."),
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
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
