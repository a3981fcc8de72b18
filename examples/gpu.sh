#!/bin/bash
#SBATCH --job-name=gpu
#SBATCH --partition=gpu
#SBATCH --ntasks=1
#SBATCH --gpus=2
#SBATCH --time=00:05:00

# Test clusters simulate GPUs: Slurm counts them, hands them out and sets its variables, and no driver is needed.
if [ -z "${SLURM_GPUS_ON_NODE:-}" ]; then
  echo "no GPUs were given to this job" >&2
  exit 1
fi
echo "node ${SLURMD_NODENAME} gave ${SLURM_GPUS_ON_NODE} GPUs, indices ${SLURM_JOB_GPUS}"
