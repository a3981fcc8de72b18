/** The form of a SHA-256 as the name of kept content. */
export const sha256Digits = /^[0-9a-f]{64}$/;

/** The form of the name of a file that a job leaves. */
export const jobFileNames = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
