/**
 * The folder in a job's own that such a job is submitted from whose script has no path in the queue: its path comes back
 * there, and nothing else is ever run from it.
 */
export const postedName = "posted";
