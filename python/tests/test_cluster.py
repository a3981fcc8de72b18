import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pytest_sluice import SluiceCommand, SluiceError, SlurmCluster

pytestmark = pytest.mark.integration_test

ARRAY = """#!/bin/bash
#SBATCH --array=1-3
echo "task $SLURM_ARRAY_TASK_ID of $1"
"""


def names(command: SluiceCommand) -> set[str]:
    return {cluster["name"] for cluster in command.json("cluster", "list", "--json")}


def test_the_config_starts_no_cluster(sluice_command: SluiceCommand, slurm_cluster_config: dict[str, Any]) -> None:
    assert slurm_cluster_config["hostname"] == "localhost"
    assert isinstance(slurm_cluster_config["port"], int)
    assert slurm_cluster_config["name"] not in names(sluice_command)


def test_a_command_runs_as_a_job(slurm_cluster: SlurmCluster) -> None:
    script = 'echo "$SLURM_CPUS_PER_TASK CPUs on $SLURMD_NODENAME"'
    ended = slurm_cluster.run(["sh", "-c", script], cpus_per_task=2, exclusive=True, comment=None)
    assert (ended.state, ended.exit_code, ended.stdout) == ("completed", 0, "2 CPUs on slurm\n")
    assert ended.nodes == ("slurm",)


def test_a_job_that_fails_is_told_and_is_no_error(slurm_cluster: SlurmCluster) -> None:
    ended = slurm_cluster.run(["sh", "-c", "echo no; exit 3"])
    assert (ended.state, ended.exit_code, ended.stdout) == ("failed", 3, "no\n")


def test_a_script_is_handed_in_waited_for_and_read(slurm_cluster: SlurmCluster, tmp_path: Path) -> None:
    job = slurm_cluster.submit(ARRAY, "a b")
    assert job.script == ARRAY
    assert job.wait() == "completed"
    assert job.native_id is not None
    assert job.output(task=2) == "task 2 of a b\n"

    path = tmp_path / "job.sh"
    path.write_text("#!/bin/sh\necho out\necho err >&2\n")
    job = slurm_cluster.submit(path, error=str(tmp_path / "err"))
    assert job.wait() == "completed"
    assert (job.state, job.stdout, job.stderr) == ("completed", "out\n", "err\n")


def test_a_job_that_takes_too_long_is_told_goes_on_and_can_be_cancelled(slurm_cluster: SlurmCluster) -> None:
    job = slurm_cluster.submit(["sleep", "1000"])
    with pytest.raises(TimeoutError, match="has not ended"):
        job.wait(timeout=0.5)
    assert job.state in ("pending", "running")
    job.cancel()
    assert job.wait() == "cancelled"


def test_what_slurm_refuses_is_an_error_with_its_words(slurm_cluster: SlurmCluster) -> None:
    with pytest.raises(SluiceError, match="(?i)invalid partition") as caught:
        slurm_cluster.submit(["true"], partition="nowhere")
    assert caught.value.code == "SUBMIT_REJECTED"
    with pytest.raises(SluiceError, match="cpus-per-task"):
        slurm_cluster.run(["true"], cpus_per_taks=1)


def test_slurms_own_programs_find_the_cluster(slurm_cluster: SlurmCluster) -> None:
    environment = {**os.environ, **slurm_cluster.environment}
    nodes = subprocess.run(["sinfo", "-h", "-o", "%N"], env=environment, capture_output=True, text=True, check=True)
    assert nodes.stdout == "slurm\n"
    assert slurm_cluster.config["slurm_conf"] == environment["SLURM_CONF"]


def test_simulated_gpus_are_counted(slurm_cluster_gpu: SlurmCluster) -> None:
    ended = slurm_cluster_gpu.run(["sh", "-c", 'echo "$SLURM_GPUS_ON_NODE: $SLURM_JOB_GPUS"'], gpus=2)
    assert ended.stdout == "2: 0,1\n"


def test_a_job_spans_the_nodes_of_a_larger_cluster(slurm_cluster_multi: SlurmCluster) -> None:
    ended = slurm_cluster_multi.run(["srun", "sh", "-c", 'echo "$SLURMD_NODENAME"'], nodes=2)
    assert sorted(ended.stdout.split()) == ["compute-0", "compute-1"]


def test_the_registry_of_the_full_cluster_answers(slurm_cluster_full: SlurmCluster, slurm_registry: str) -> None:
    assert slurm_cluster_full.run(["true"], partition="gpu", gpus=4).nodes == ("gpu-0",)
    with urllib.request.urlopen(f"{slurm_registry}/v2/", timeout=30) as answer:
        assert answer.status == 200
