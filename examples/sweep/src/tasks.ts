import { JobContext, task, workflow } from "sluice";
import { trainModel, type Settings, type Trial } from "./model.ts";

/** One trial. Each is one task of the array that the sweep makes. */
export const train = task({ cpus: 1, memory: "200M", time: "5m" }, function train(settings: Settings): Trial {
  return trainModel(settings);
});

/** The reduce step: a job of its own, which Slurm starts when all trials have succeeded. */
export const pickBest = task({ cpus: 1, memory: "200M", time: "5m" }, function pickBest(trials: Trial[]): Trial {
  return trials.reduce((best, trial) => (trial.loss < best.loss ? trial : best));
});

/** Tries every pair of settings, at most four at once, and gives the best. It runs as a job, and submits the others from there. */
export const sweep = workflow(
  { cpus: 1, memory: "300M", time: "30m" },
  async function sweep(_context, learningRates: readonly number[], penalties: readonly number[]) {
    const grid = learningRates.flatMap((learningRate) => penalties.map((penalty) => ({ learningRate, penalty })));
    const trials = await train.map(grid, { maxConcurrent: 4 });
    // The array stands for the list of its values.
    const best = await pickBest(trials);
    return { tried: trials.length, best: await best.wait() };
  },
);

/** A task that knows of its GPUs: each device that Slurm gave trains one model. Test clusters simulate GPUs. */
export const trainOnGpus = task(
  { gpus: 2, cpus: 2, memory: "400M", time: "10m" },
  function trainOnGpus(settings: Settings): { readonly device: number; readonly trial: Trial }[] {
    const { SLURM_JOB_GPUS: devices = "" } = JobContext.current().environment;
    if (devices === "") throw new Error("Slurm gave this job no GPUs");
    return devices.split(",").map((device) => ({ device: Number(device), trial: trainModel(settings) }));
  },
);
