#!/bin/bash
#SBATCH --job-name=array
#SBATCH --array=1-6%3
#SBATCH --ntasks=1
#SBATCH --time=00:05:00

# Six tasks, three at a time; each works on the line of input that its index names.
words=(spring summer autumn winter rain sun)
word=${words[$((SLURM_ARRAY_TASK_ID - 1))]}
echo "task ${SLURM_ARRAY_TASK_ID} of ${SLURM_ARRAY_TASK_COUNT}: ${word} has ${#word} letters"
