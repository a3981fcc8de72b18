"""The plugin: options, the marker and the fixtures. pytest finds it by its entry point."""

from __future__ import annotations

import os
from typing import Any, Iterator

import pytest

from .cluster import SlurmCluster, existing_cluster, planned_config, started_cluster
from .command import SluiceCommand, SluiceError

MARKER = "integration_test"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sluice", "Slurm clusters by Sluice")
    group.addoption(
        "--run-integration",
        action="store_true",
        default=False,
        help=f"run the tests marked {MARKER} too (or set SLURM_RUN_INTEGRATION=1)",
    )
    group.addoption(
        "--sluice-command",
        metavar="COMMAND",
        help="how to call sluice (default: $SLUICE_COMMAND, else sluice on PATH, else that of the nearest node_modules)",
    )
    group.addoption(
        "--slurm-cluster-scope",
        choices=["session", "package", "module", "class", "function"],
        default="session",
        help="for how long a cluster of a fixture lasts (default: session)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARKER}: needs a real Slurm cluster; left out without --run-integration")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--run-integration") or os.environ.get("SLURM_RUN_INTEGRATION") == "1":
        return
    left_out = pytest.mark.skip(reason="needs --run-integration or SLURM_RUN_INTEGRATION=1")
    for item in items:
        if item.get_closest_marker(MARKER) is not None:
            item.add_marker(left_out)


def _scope(fixture_name: str, config: pytest.Config) -> Any:
    return config.getoption("--slurm-cluster-scope")


@pytest.fixture(scope="session")
def sluice_command(pytestconfig: pytest.Config) -> SluiceCommand:
    """How the `sluice` program is called."""
    given = pytestconfig.getoption("--sluice-command") or os.environ.get("SLUICE_COMMAND")
    return SluiceCommand.find(given, pytestconfig.rootpath)


@pytest.fixture(scope=_scope)
def slurm_cluster(sluice_command: SluiceCommand) -> Iterator[SlurmCluster]:
    """One node with 4 CPUs; the cluster that SLURM_TEST_CLUSTER names, where it names one."""
    named = os.environ.get("SLURM_TEST_CLUSTER")
    if named:
        yield existing_cluster(sluice_command, named)
        return
    with started_cluster(sluice_command, "cpu") as cluster:
        yield cluster


@pytest.fixture(scope=_scope)
def slurm_cluster_gpu(sluice_command: SluiceCommand) -> Iterator[SlurmCluster]:
    """One node with two simulated GPUs."""
    with started_cluster(sluice_command, "gpu") as cluster:
        yield cluster


@pytest.fixture(scope=_scope)
def slurm_cluster_multi(sluice_command: SluiceCommand) -> Iterator[SlurmCluster]:
    """A controller and two nodes."""
    with started_cluster(sluice_command, "multi-node") as cluster:
        yield cluster


@pytest.fixture(scope=_scope)
def slurm_cluster_full(sluice_command: SluiceCommand) -> Iterator[SlurmCluster]:
    """A controller, two CPU nodes, a node with four simulated GPUs and, where docker-registry is installed, a registry."""
    with started_cluster(sluice_command, "full") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def slurm_cluster_config(sluice_command: SluiceCommand) -> dict[str, Any]:
    """What the `config` of a cluster with one node is like. Starts nothing."""
    return planned_config(sluice_command, "cpu")


@pytest.fixture(scope=_scope)
def slurm_registry(slurm_cluster_full: SlurmCluster) -> str:
    """`http://HOST:PORT` of the container registry of `slurm_cluster_full`."""
    registry = slurm_cluster_full.registry
    if registry is None:
        raise SluiceError("there is no container registry: docker-registry is not installed here; see `sluice doctor`")
    return f"http://{registry}"
