import { z } from "zod";
import { KeptPath } from "../../schema/api-file.ts";
import { jobFileNames, sha256Digits } from "../../schema/cluster-files.ts";
import { ClusterParams, exampleCluster } from "./cluster-operations.ts";
import { exampleJobId } from "./job-operations.ts";
import { Bytes, defineOperation } from "./operation.ts";
import { JobParams, None } from "./parameters.ts";

const KeptFileParams = ClusterParams.extend({
  sha256: z
    .string()
    .regex(sha256Digits, "takes a SHA-256 in 64 lower-case hexadecimal digits")
    .describe("The SHA-256 of the content"),
});

/** The content of the examples. */
const exampleContent = "Hello from Sluice\n";
const exampleParams = {
  cluster: exampleCluster,
  sha256: "433a3686d5fce75cb81617a5db9c27b496d7d391b82f7b1ffa6fd80eff9c46d5",
};

export const keepFile = defineOperation({
  id: "keepFile",
  method: "put",
  path: "/v1/clusters/{cluster}/files/{sha256}",
  tag: "clusters",
  scope: "user",
  summary: "Keep content where jobs on a cluster find it",
  description:
    "Up to 64 MiB, placed whole and for the user alone whose jobs they are, in the folder `files` beside the one of the jobs. " +
    "It may be asked for twice: content that is there is not sent on to the cluster again. It stays until somebody removes it.",
  params: KeptFileParams,
  query: None,
  body: Bytes,
  maxBodyBytes: 64 * 1024 * 1024,
  result: { status: 200, json: KeptPath, what: "Where it is" },
  example: { params: exampleParams, body: exampleContent },
});

export const findKeptFile = defineOperation({
  id: "findKeptFile",
  method: "get",
  path: "/v1/clusters/{cluster}/files/{sha256}",
  tag: "clusters",
  scope: "user",
  summary: "Say where content is kept on a cluster",
  description: "404 `FILE_NOT_FOUND` where it is not: then it has to be sent.",
  params: KeptFileParams,
  query: None,
  body: undefined,
  result: { status: 200, json: KeptPath, what: "Where it is" },
  example: { params: exampleParams },
});

export const readJobFile = defineOperation({
  id: "readJobFile",
  method: "get",
  path: "/v1/jobs/{id}/files/{name}",
  tag: "jobs",
  scope: "viewer",
  summary: "Read a file that a job has left",
  description:
    'What the job has put into the folder `files` of its own folder, for its script `"${0%/*}/files"`; links are not ' +
    "followed. 404 `FILE_NOT_FOUND` where there is none of that name.",
  params: JobParams.extend({
    name: z
      .string()
      .regex(
        jobFileNames,
        "takes up to 128 letters, digits, dots, underscores and hyphens, the first a letter or a digit",
      )
      .describe("The file's name"),
  }),
  query: None,
  body: undefined,
  result: { status: 200, media: ["application/octet-stream"], what: "The file" },
  example: { params: { id: exampleJobId, name: "result.json" } },
});
