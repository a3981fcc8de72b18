/** Moments in a job's life between which Sluice may die; a crash test ends the process at each of them. */
export const stepNames = [
  "job-stored",
  "submitting-stored",
  "cluster-took-job",
  "submitted-stored",
  "job-looked-for",
  "cancel-stored",
  "cancel-sent",
  "queue-read",
  "sightings-stored",
] as const;
export type StepName = (typeof stepNames)[number];

/** Told of every such moment as it is reached. */
export interface Steps {
  reached(step: StepName): void;
}

export const untold: Steps = { reached: () => {} };
