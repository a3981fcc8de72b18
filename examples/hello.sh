#!/bin/bash
#SBATCH --job-name=hello
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --mem=256M
#SBATCH --time=00:05:00

# In a native test cluster all nodes share one host, so `hostname` is that host's name; SLURMD_NODENAME is the node's.
echo "hello from node ${SLURMD_NODENAME:-$(hostname)}"
echo "job ${SLURM_JOB_ID} (${SLURM_JOB_NAME}) has ${SLURM_CPUS_PER_TASK:-1} CPUs in partition ${SLURM_JOB_PARTITION:-none}"
