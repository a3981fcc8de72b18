/** Measures that providers take. Names and labels are those that dashboards of Topograph know; the door writes them out. */
export interface TopologyMetrics {
  /** A counter or gauge grows by one, or is set to one: `topograph_missing_topology{provider,node}`. */
  mark(metric: string, labels: Readonly<Record<string, string>>): void;
  /** A histogram or summary takes a value, in seconds. */
  observe(metric: string, labels: Readonly<Record<string, string>>, seconds: number): void;
}
