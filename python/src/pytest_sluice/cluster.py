"""What the fixtures hand to a test: a running Slurm cluster, and the jobs that the test gives it."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence, Union

from .command import SluiceCommand, SluiceError

Script = Union[str, Path, Sequence[str]]
Option = Union[str, int, float, bool, None]

JOB_TIMEOUT = 300.0
"""Seconds after which a test is told that its job takes too long."""

_MARGIN = 60.0
"""Seconds that a command may take beyond the job that it waits for."""


@dataclass(frozen=True)
class Ended:
    """How a job ended. `state` is one of Sluice's words: `completed`, `failed`, `timeout`, `out_of_memory`, …"""

    id: str
    native_id: str
    state: str
    exit_code: int
    nodes: tuple[str, ...]
    """A hostlist for each task of an array; of any other job, one."""
    stdout: str
    """All that the job printed; its stderr too, unless that goes to a file of its own, as with sbatch."""


class Job:
    """A job that was handed in. Its properties ask the cluster each time."""

    def __init__(self, command: SluiceCommand, job_id: str) -> None:
        self._command = command
        self.id = job_id

    @property
    def record(self) -> Mapping[str, Any]:
        """All that is known of the job, as `sluice job ID --json` prints it."""
        record: Mapping[str, Any] = self._command.json("job", self.id, "--json")
        return record

    @property
    def native_id(self) -> Optional[str]:
        """Slurm's own id; `None` as long as Slurm has not taken the job."""
        return self.record.get("nativeId")

    @property
    def state(self) -> str:
        """`pending`, `running`, `completed`, `failed`, …"""
        state: str = self.record["state"]
        return state

    @property
    def script(self) -> str:
        """The script as it was handed in."""
        return self._command.text("job", self.id, "--script")

    @property
    def stdout(self) -> str:
        """What the job has printed so far; its stderr too, unless that goes to a file of its own."""
        return self.output()

    @property
    def stderr(self) -> str:
        """What the job has written to a stderr file of its own."""
        return self.output(stderr=True)

    def output(self, *, task: Optional[int] = None, stderr: bool = False) -> str:
        """What the job, or one task of an array, has printed so far."""
        which = [] if task is None else [f"--task={task}"]
        return self._command.text("logs", self.id, *which, *(["--stderr"] if stderr else []))

    def wait(self, timeout: float = JOB_TIMEOUT) -> str:
        """Waits for the end of the job and gives its last state. Raises `TimeoutError` after `timeout` seconds; the job goes on."""
        asked = ["wait", self.id, "--json", f"--timeout={timeout:.3f}"]
        record, _ = self._command.ended_job(*asked, timeout=timeout + _MARGIN)
        state: str = record["state"]
        return state

    def cancel(self) -> None:
        """Asks for the job's end; one that has ended stays as it is."""
        self._command.json("cancel", self.id, "--json")

    def __repr__(self) -> str:
        return f"Job({self.id!r})"


class SlurmCluster:
    """A running Slurm cluster."""

    def __init__(self, command: SluiceCommand, status: Mapping[str, Any], *, is_own: bool) -> None:
        self.status = status
        """As `sluice cluster status --json` printed it when the fixture was set up."""
        self.name: str = status["name"]
        self.config = config_of(status["name"], status["connection"].get("port"), status)
        # Beside the cluster's own files: what is known of its jobs goes with it.
        store = {"SLUICE_STORE": str(Path(status["directory"]) / "jobs.db")} if is_own else {}
        self.environment = {"SLURM_CONF": status["slurm_conf"], "SLURM_TEST_CLUSTER": self.name, **store}
        """Variables with which `sbatch`, `srun`, `squeue`, … and `sluice` find this cluster."""
        self._command = command.having(store)

    @property
    def registry(self) -> Optional[str]:
        """`HOST:PORT` of its container registry, where it has one."""
        return self.status.get("registry")

    def run(self, argv: Sequence[str], *, timeout: float = JOB_TIMEOUT, **options: Option) -> Ended:
        """Runs a command as a job and waits for its end. `options` are sbatch's: `cpus_per_task=2`, `exclusive=True`.

        Raises `SluiceError` where Slurm refuses the job, `TimeoutError` after `timeout` seconds. A command that fails is no
        error: look at `state` and `exit_code`.
        """
        own = ["run", "--json", "--quiet", f"--timeout={timeout:.3f}", f"--cluster={self.name}"]
        record, output = self._command.ended_job(*own, *_flags(options), "--", *argv, timeout=timeout + _MARGIN)
        return Ended(
            id=record["jobId"],
            native_id=record["nativeId"],
            state=record["state"],
            exit_code=record["exitCode"],
            nodes=tuple(task["nodes"] for task in record["tasks"] if "nodes" in task),
            stdout=output,
        )

    def submit(self, script: Script, *args: str, **options: Option) -> Job:
        """Hands a job in: the text of a batch script (it begins with `#!`), the path of one, or a command as a list.

        `args` go to the script; `options` are sbatch's. Raises `SluiceError` where Slurm refuses the job.
        """
        own = ["submit", "--json", f"--cluster={self.name}", *_flags(options)]
        if isinstance(script, str) and script.startswith("#!"):
            accepted = self._command.json(*own, "-", *args, stdin=script)
        elif isinstance(script, (str, Path)):
            accepted = self._command.json(*own, str(script), *args)
        else:
            accepted = self._command.json(*own, "--", *script, *args)
        return Job(self._command, accepted["id"])

    def __repr__(self) -> str:
        return f"SlurmCluster({self.name!r})"


def config_of(name: str, port: Optional[int], more: Optional[Mapping[str, Any]] = None) -> dict[str, Any]:
    """How to reach a cluster: `name`, `hostname`, `port` (of ssh; absent without one), and `slurm_conf` of one that is there."""
    config: dict[str, Any] = {"name": name, "hostname": "localhost"}
    if port is not None:
        config["port"] = port
    if more is not None:
        config["slurm_conf"] = more["slurm_conf"]
    return config


def _flags(options: Mapping[str, Option]) -> list[str]:
    """`None` and `False` leave an option out."""
    given = {name.replace("_", "-"): value for name, value in options.items() if value is not None and value is not False}
    return [f"--{name}" if value is True else f"--{name}={value}" for name, value in given.items()]


@contextlib.contextmanager
def started_cluster(command: SluiceCommand, preset: str) -> Iterator[SlurmCluster]:
    """A cluster of its own as long as the context lasts. It ends with this process too, however that ends."""
    name = f"pytest-{os.getpid()}-{uuid.uuid4().hex[:6]}"
    # Sluice removes the folder together with the cluster in it, by whomever it is destroyed.
    folder = tempfile.mkdtemp(prefix="pytest-sluice-")
    try:
        # A create that fails or is cut off leaves nothing of the cluster.
        status = command.json(
            *["cluster", "create", "--json", f"--name={name}", f"--preset={preset}", "--start"],
            *["--ephemeral", f"--owner-pid={os.getpid()}", f"--output-dir={folder}"],
        )
        try:
            yield SlurmCluster(command, status, is_own=True)
        finally:
            command.json("cluster", "destroy", "--json", f"--name={name}")
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def existing_cluster(command: SluiceCommand, name: str) -> SlurmCluster:
    """A cluster that somebody else has made and will destroy. Raises `SluiceError` where it does not run."""
    status = command.json("cluster", "status", "--json", f"--name={name}")
    if status["status"] not in ("running", "degraded"):
        raise SluiceError(
            f"SLURM_TEST_CLUSTER names the cluster {name!r}, which is {status['status']}; "
            f"start it with `sluice cluster start --name {name}`, or unset the variable to have one made"
        )
    return SlurmCluster(command, status, is_own=False)


def planned_config(command: SluiceCommand, preset: str) -> dict[str, Any]:
    """What `config` of a cluster would be like, without making one."""
    planned = command.json("cluster", "create", "--json", "--dry-run", f"--preset={preset}")
    return config_of(planned["cluster"]["name"], planned["ports"].get("ssh"))
