// The examples of docs/sluice-yaml.md, by kind of cluster. A test reads each as Sluice would.

/** A whole file. */
export const wholeExample = `# yaml-language-server: $schema=./node_modules/sluice/schema/sluice.schema.json
default: site
clusters:
  site:
    kind: slurm
    ssh: {host: login.example.org}
    folder: /scratch/sluice
  here:
    kind: process
`;

export const kindExamples: Readonly<Record<string, string>> = {
  slurm: `clusters:
  local:
    kind: slurm
    slurm_conf: /etc/slurm/slurm.conf
  far:
    kind: slurm
    ssh: {host: me@login.example.org, port: 2222, identity_file: ~/.ssh/far, options: {ProxyJump: hop.example.org}}
    folder: /scratch/me/sluice
    work_directory: /scratch/me
    requests: {burst: 30, per_second: 5}
`,
  "slurm-rest": `clusters:
  rest:
    kind: slurm-rest
    url: http://127.0.0.1:6820
    token_command: [scontrol, token, lifespan=600]
    slurm_conf: /etc/slurm/slurm.conf
`,
  process: `clusters:
  here:
    kind: process
`,
  mock: `clusters:
  pretend:
    kind: mock
    nodes:
      - {name: "cpu-[1-4]", cpus: 64, memory_mb: 262144}
      - {name: gpu-1, cpus: 64, gres: "gpu:a100:8", state: idle+drain, reason: a fan is broken}
    partitions:
      - {name: cpu, nodes: "cpu-[1-4]", max_time: 1-00:00:00}
      - {name: gpu, nodes: gpu-1}
    outcomes:
      - name: "train-*"
        states: [{state: pending, polls: 3, reason: Resources}, {state: running, seconds: 20, stdout: "epoch 1\\n"}]
        ends: out_of_memory
        reason: OutOfMemory
      - name: flaky
        states: [pending, running, pending, running]
      - name: "bad-*"
        exit_code: 3
        stderr: "no such file\\n"
    faults:
      - {fault: refuse, name: forbidden, message: Invalid account}
      - {fault: lose-answer, times: 1}
      - {fault: unreachable, to: look, after: 10, times: 3}
`,
};
