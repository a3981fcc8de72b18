import type { ProjectFile } from "./project-files.ts";

/** A first job and its test. */
export function pythonFiles(): readonly ProjectFile[] {
  return [
    { path: "jobs/estimate_pi.py", text: job },
    { path: "tests/test_estimate_pi.py", text: test },
  ];
}

const job = `"""Estimates pi from random points: \`python3 jobs/estimate_pi.py POINTS\`."""

import random
import sys


def estimate_pi(points: int) -> float:
    inside = sum(random.random() ** 2 + random.random() ** 2 <= 1 for _ in range(points))
    return 4 * inside / points


if __name__ == "__main__":
    print(estimate_pi(int(sys.argv[1])))
`;

const test = `import pathlib
import sys

import pytest

JOB = pathlib.Path(__file__).parent.parent / "jobs" / "estimate_pi.py"


@pytest.mark.integration_test
def test_estimates_pi_on_a_real_slurm(slurm_cluster):
    ended = slurm_cluster.run([sys.executable, str(JOB), "100000"], cpus_per_task=1, mem="200M", time="5")
    assert ended.state == "completed", ended.stdout
    assert float(ended.stdout) == pytest.approx(3.14159, abs=0.05)


@pytest.mark.integration_test
def test_ten_estimates_are_one_array(slurm_cluster):
    script = f"#!/bin/bash\\n#SBATCH --array=0-9\\n{sys.executable} '{JOB}' 10000\\n"
    job = slurm_cluster.submit(script)
    assert job.wait(timeout=120) == "completed"
    estimates = [float(job.output(task=task)) for task in range(10)]
    assert sum(estimates) / 10 == pytest.approx(3.14159, abs=0.05)
`;
