import { defineConfig } from "vitest/config";

/**
 * Two projects. `pure` needs nothing but Node. `slurm` runs against real daemons on this host, a few files at a time,
 * and its global setup fails, never skips, where Slurm is missing.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "pure",
          include: ["src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts"],
          exclude: ["**/*.slurm.test.ts"],
          // Long enough for a busy host; no test may be measured by a clock.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "slurm",
          include: ["src/**/*.slurm.test.ts", "test/**/*.slurm.test.ts"],
          globalSetup: ["test/slurm-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 3,
        },
      },
    ],
  },
});
