#!/bin/bash
#SBATCH --job-name=mpi-like
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --time=00:05:00

# Four tasks on two nodes, as an MPI program would run: srun starts them together, and each knows its rank.
echo "nodes: ${SLURM_JOB_NODELIST}"
srun --label bash -c 'echo "rank ${SLURM_PROCID} of ${SLURM_NTASKS} on ${SLURMD_NODENAME}"' | sort -n
exit "${PIPESTATUS[0]}"
