/** A request is not sent later than this after its mark was made, and not waited for longer than that. */
export const latestStartMs = 5_000;
export const postDeadlineMs = 25_000;

/** How long after its mark was made a request may still reach slurmrestd, whoever sent it and whatever became of them since. */
export const requestSeconds = (latestStartMs + postDeadlineMs) / 1000;
