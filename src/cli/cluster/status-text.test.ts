import { describe, expect, test } from "vitest";
import type { ClusterStatus } from "../../schema/cluster-status.ts";
import { formatStatus, formatUptime } from "./status-text.ts";

/** The requirements' sample. */
const sample: ClusterStatus = {
  name: "slurm-test",
  status: "running",
  driver: "native",
  directory: "/w/.slurm-cluster/slurm-test",
  created: "2026-01-02T03:04:05.678Z",
  uptime: 2 * 3600 + 15 * 60 + 42,
  slurm: "22.05",
  slurm_conf: "/w/.slurm-cluster/slurm-test/config/slurm.conf",
  nodes: [
    { name: "controller", state: "up", cpus: 2, gpus: 0, memory: 2048, partitions: [] },
    { name: "compute-0", state: "idle", cpus: 4, gpus: 0, memory: 4096, partitions: ["cpu"] },
    { name: "compute-1", state: "idle", cpus: 4, gpus: 2, memory: 8192, partitions: ["gpu"] },
  ],
  partitions: [
    { name: "cpu", nodes: "compute-0", state: "up", default: true },
    { name: "gpu", nodes: "compute-1", state: "up", default: false },
  ],
  connection: { hostname: "localhost", port: 2222, ssh: "ssh slurm@localhost -p 2222", password: "slurm" },
  registry: "localhost:5000",
  daemons: [{ name: "slurmctld", pid: 1, running: true }],
};

const text = `Cluster: slurm-test
Status:  Running
Uptime:  2h 15m

Nodes:
  NAME         STATE   CPUS   GPUS   MEMORY   PARTITION
  controller   up      2      -      2048     -
  compute-0    idle    4      -      4096     cpu
  compute-1    idle    4      2      8192     gpu

Partitions:
  NAME   NODES       STATE   DEFAULT
  cpu    compute-0   up      yes
  gpu    compute-1   up      no

Connection:
  SSH:      ssh slurm@localhost -p 2222
  Password: slurm
  Login:    sluice cluster ssh --name slurm-test
  Config:   SLURM_CONF=/w/.slurm-cluster/slurm-test/config/slurm.conf

Registry: localhost:5000
`;

describe("the text of status", () => {
  test("is the requirements' sample, to the letter", () => expect(formatStatus(sample)).toBe(text));

  test("has the registry's line only where there is a registry", () => {
    const { registry: _, ...without } = sample;
    expect(formatStatus(without)).toBe(text.replace("\nRegistry: localhost:5000\n", ""));
  });

  test("of a stopped cluster has no uptime", () => {
    const { uptime: _, ...stopped } = sample;
    expect(formatStatus({ ...stopped, status: "stopped" })).toBe(
      text.replace("Running", "Stopped").replace("2h 15m", "-"),
    );
  });

  test("of one that runs in part names what is dead, and says Slurm's reasons", () => {
    const [controller, first] = sample.nodes;
    const shown = formatStatus({
      ...sample,
      status: "degraded",
      nodes: [
        ...(controller ? [controller] : []),
        ...(first ? [{ ...first, state: "down*", reason: "Not responding" }] : []),
      ],
      daemons: [...sample.daemons, { name: "compute-0", pid: 2, running: false }],
    });
    expect(shown).toContain(
      "Status:  Degraded\nUptime:  2h 15m\nDead:    compute-0 (sluice cluster logs compute-0 --name slurm-test)\n",
    );
    expect(shown).toContain("\nReasons:\n  compute-0: Not responding\n\nPartitions:\n");
  });

  test("names all partitions of a node, and has a dash for a partition without nodes", () => {
    const shown = formatStatus({
      ...sample,
      nodes: [{ name: "slurm", state: "idle", cpus: 4, gpus: 2, memory: 8192, partitions: ["debug", "gpu"] }],
      partitions: [{ name: "debug", nodes: "", state: "up", default: true }],
    });
    expect(shown).toContain("  slurm   idle    4      2      8192     debug,gpu\n");
    expect(shown).toContain("  debug   -       up      yes\n");
  });

  test("of a cluster without sshd says so, and offers no login", () => {
    const shown = formatStatus({ ...sample, connection: { hostname: "localhost" } });
    expect(shown).toContain("Connection:\n  SSH:      none (made without sshd)\n  Config:   SLURM_CONF=");
  });
});

test.each([
  [0, "0s"],
  [1, "1s"],
  [59, "59s"],
  [60, "1m"],
  [61, "1m 1s"],
  [3_599, "59m 59s"],
  [3_600, "1h"],
  [3_601, "1h"],
  [8_100, "2h 15m"],
  [86_399, "23h 59m"],
  [86_400, "1d"],
  [86_460, "1d"],
  [273_600, "3d 4h"],
  [100 * 86_400, "100d"],
])("%d s are %s", (seconds, shown) => expect(formatUptime(seconds)).toBe(shown));
