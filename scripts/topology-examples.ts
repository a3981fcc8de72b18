/** A command for the section of each provider. Those of simulations are run by a test. */
export const providerExamples: Readonly<Record<string, string>> = {
  aws: "sluice topology generate --provider aws --region us-east-1 --nodes nodes.txt",
  "aws-sim": "sluice topology generate --provider aws-sim --model medium.yaml --plugin topology/block",
  crusoe: "sluice topology show --provider crusoe",
  "crusoe-sim": "sluice topology generate --provider crusoe-sim --model crusoe-two-pods.yaml",
  dra: "sluice topology generate --provider dra --plugin topology/block --nodes nodes.txt",
  "dsx-sim": "sluice topology generate --provider dsx-sim --model nvl72.yaml",
  gcp: "sluice topology generate --provider gcp --param project_id=my-project --region us-central1-a --nodes nodes.txt",
  "gcp-sim": "sluice topology generate --provider gcp-sim --model medium.yaml",
  "infiniband-bm": "sluice topology generate --provider infiniband-bm --nodes nodes.txt",
  "infiniband-k8s": "sluice topology generate --provider infiniband-k8s --nodes nodes.txt",
  "infiniband-sim": "sluice topology generate --provider infiniband-sim --param ibnetdiscoverFileName=fabric.out",
  kubernetes: `sluice topology generate --provider kubernetes --engine k8s --param 'topologyLabels=["example.com/rack","example.com/row"]'`,
  lambdai:
    "sluice topology generate --provider lambdai --param url=https://cloud.lambda.ai --credentials lambda.yaml --nodes nodes.txt",
  "lambdai-sim": "sluice topology generate --provider lambdai-sim --model nvl72.yaml",
  nebius: "sluice topology generate --provider nebius --credentials nebius.yaml --nodes nodes.txt",
  "nebius-sim": "sluice topology generate --provider nebius-sim --model nvl72.yaml",
  netq: "sluice topology generate --provider netq --param apiUrl=https://netq.example.com --credentials netq.yaml --nodes nodes.txt",
  nscale:
    "sluice topology generate --provider nscale --param radarApiUrl=https://radar.example.com --credentials nscale.yaml --nodes nodes.txt",
  "nscale-sim": "sluice topology generate --provider nscale-sim --model nvl72.yaml",
  oci: "sluice topology generate --provider oci --region us-ashburn-1 --nodes nodes.txt",
  "oci-imds": "sluice topology generate --provider oci-imds --nodes nodes.txt",
  "oci-sim": "sluice topology generate --provider oci-sim --model nvl72.yaml",
  test: "sluice topology generate --provider test",
};

/** The same for engines. */
export const engineExamples: Readonly<Record<string, string>> = {
  slurm: "sluice topology generate --provider crusoe-sim --model crusoe-two-pods.yaml --engine slurm",
  slinky: `sluice topology generate --provider crusoe --engine slinky --plugin topology/tree \\
  --engine-param namespace=slurm --engine-param 'podSelector={"matchLabels":{"app.kubernetes.io/component":"worker"}}' \\
  --engine-param topologyConfigmapName=slurm-topology --engine-param topologyConfigPath=topology.conf`,
  k8s: "sluice topology generate --provider crusoe --engine k8s",
  nfd: "NFD_NAMESPACE=node-feature-discovery sluice topology generate --provider crusoe --engine nfd",
  graph: "sluice topology generate --provider crusoe-sim --model crusoe-two-pods.yaml --engine graph",
};
