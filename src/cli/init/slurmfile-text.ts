/** The Slurmfile that a project begins with. */
export const slurmfileText = `# How this project's jobs are submitted: found by Cluster.fromEnv() and Cluster.fromSlurmfile(), here and in folders below.

[default.submit]
time = "10m"
# partition = "cpu"
# account = "my-project"
`;
