import { readdir } from "node:fs/promises";
import { Counter, Gauge, Histogram, Registry, Summary } from "prom-client";
import type { TopologyMetrics } from "../../topology/topology-metrics.ts";

/** Series of one metric; what comes from outside, such as paths, must not fill the memory. */
const mostSeries = 10_000;

/** Go's default buckets, in seconds. */
const httpBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const requestBuckets = [1, 2.5, 5, 7.5, 10, 12.5, 15, 17.5, 20, 25, 30];

interface Measure {
  readonly name: string;
  readonly help: string;
  /** In byte order, as Go writes them. */
  readonly labels: readonly string[];
}

const gauges: readonly Measure[] = [
  { name: "topograph_version", help: "Which version runs.", labels: ["version"] },
  { name: "topograph_missing_topology", help: "Nodes whose place is not known.", labels: ["node", "provider"] },
];

const counters: readonly Measure[] = [
  { name: "topograph_validation_error_total", help: "Faults found in topologies.", labels: ["type"] },
  ...["topology_info", "resource_status", "physical_host_topology"].map((what) => ({
    name: `topograph_gcp_missing_${what}`,
    help: `Instances of Google Cloud without ${what.replaceAll("_", " ")}.`,
    labels: ["instance_name"],
  })),
  {
    name: "topograph_oci_missing_host_data",
    help: "Hosts of Oracle Cloud of which something is not known.",
    labels: ["data", "node_name"],
  },
  {
    name: "topograph_crusoe_nodes_processed_total",
    help: "Nodes of Crusoe, by what they are.",
    labels: ["outcome"],
  },
];

const histograms: readonly (Measure & { readonly buckets: readonly number[] })[] = [
  {
    name: "topograph_http_request_duration_seconds",
    help: "Time until a request was answered.",
    labels: ["from", "method", "path", "proto", "status"],
    buckets: httpBuckets,
  },
  {
    name: "topograph_request_duration_seconds",
    help: "Time of each attempt to make a topology.",
    labels: ["engine", "provider", "status"],
    buckets: requestBuckets,
  },
  {
    name: "topograph_aws_api_latency",
    help: "Time until Amazon's API answered.",
    labels: ["region", "status"],
    buckets: httpBuckets,
  },
];

const summaries: readonly Measure[] = [
  { name: "topograph_gcp_request_latency", help: "Time until Google's API answered.", labels: ["method"] },
  { name: "topograph_oci_request_latency", help: "Time until Oracle's API answered.", labels: ["method", "status"] },
];

/**
 * The numbers of a topology server, with the names that dashboards of Topograph know. Go's own (`go_*`, `promhttp_*`) are
 * left out; those of the process are there where this is the process's only door.
 */
export class TopologyMeasures implements TopologyMetrics {
  readonly #registry = new Registry();
  readonly #gauges = new Map<string, Gauge>();
  readonly #counters = new Map<string, Counter>();
  readonly #timings = new Map<string, Histogram | Summary>();
  readonly #series = new Map<string, Set<string>>();
  readonly #version: string;

  constructor({ version, withProcess }: { readonly version: string; readonly withProcess: boolean }) {
    this.#version = version;
    const registers = [this.#registry];
    const common = ({ name, help, labels }: Measure) => ({ name, help, labelNames: [...labels], registers });
    for (const measure of gauges) this.#gauges.set(measure.name, new Gauge(common(measure)));
    for (const measure of counters) this.#counters.set(measure.name, new Counter(common(measure)));
    for (const measure of histograms) {
      this.#timings.set(measure.name, new Histogram({ ...common(measure), buckets: [...measure.buckets] }));
    }
    for (const measure of summaries) {
      this.#timings.set(measure.name, new Summary({ ...common(measure), percentiles: [] }));
    }
    if (withProcess) measureProcess(registers);
  }

  mark(metric: string, labels: Readonly<Record<string, string>>): void {
    if (!this.#hasRoom(metric, labels)) return;
    this.#gauges.get(metric)?.set(sorted(labels), 1);
    this.#counters.get(metric)?.inc(sorted(labels));
  }

  observe(metric: string, labels: Readonly<Record<string, string>>, seconds: number): void {
    if (this.#hasRoom(metric, labels)) this.#timings.get(metric)?.observe(sorted(labels), seconds);
  }

  countHttp(request: {
    readonly method: string;
    readonly path: string;
    readonly proto: string;
    readonly from: string;
    readonly status: number;
    readonly seconds: number;
  }): void {
    const { seconds, status, ...labels } = request;
    this.observe("topograph_http_request_duration_seconds", { ...labels, status: String(status) }, seconds);
    this.mark("topograph_version", { version: this.#version });
  }

  /** An attempt, or a request that was refused; of some of those provider and engine are not known, and empty. */
  countRequest(request: {
    readonly provider: string;
    readonly engine: string;
    readonly status: number;
    readonly seconds: number;
  }): void {
    const { provider, engine, status, seconds } = request;
    this.observe("topograph_request_duration_seconds", { provider, engine, status: String(status) }, seconds);
  }

  /** In Prometheus' text format, version 0.0.4. */
  write(): Promise<string> {
    return this.#registry.metrics();
  }

  #hasRoom(metric: string, labels: Readonly<Record<string, string>>): boolean {
    const known = this.#series.get(metric) ?? new Set<string>();
    this.#series.set(metric, known);
    const key = JSON.stringify(sorted(labels));
    if (known.has(key)) return true;
    if (known.size >= mostSeries) return false;
    known.add(key);
    return true;
  }
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function measureProcess(registers: Registry[]): readonly (Gauge | Counter)[] {
  const gauge = (name: string, help: string, read: () => number | Promise<number>): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });
  let told = 0;
  return [
    new Counter({
      name: "process_cpu_seconds_total",
      help: "Processor time that the process has used.",
      registers,
      collect() {
        const { user, system } = process.cpuUsage();
        const now = (user + system) / 1e6;
        this.inc(now - told);
        told = now;
      },
    }),
    gauge("process_resident_memory_bytes", "Memory that the process holds.", () => process.memoryUsage.rss()),
    gauge(
      "process_start_time_seconds",
      "When the process was started, in seconds since 1970.",
      () => performance.timeOrigin / 1_000,
    ),
    gauge("process_open_fds", "Files and sockets that are open.", async () => {
      return (await readdir("/proc/self/fd").catch(() => [])).length;
    }),
  ];
}
