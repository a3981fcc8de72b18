"""pytest fixtures for real Slurm clusters, which Sluice makes on this machine.

>>> def test_squares(slurm_cluster):
...     ended = slurm_cluster.run(["python3", "-c", "print(7 * 7)"])
...     assert (ended.state, ended.stdout) == ("completed", "49\\n")
"""

from .cluster import Ended, Job, SlurmCluster
from .command import SluiceCommand, SluiceError

__all__ = ["Ended", "Job", "SlurmCluster", "SluiceCommand", "SluiceError"]
