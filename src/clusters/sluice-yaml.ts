import { z } from "zod";
import { Owners } from "../schema/owners.ts";
import { SshDestination } from "../schema/ssh-destination.ts";
import { restVersions } from "../slurm/rest/rest-version.ts";
import { checkMockNodes, mockSettings } from "./mock-settings.ts";

const absolutePath = (): z.ZodString => z.string().startsWith("/", "takes an absolute path");

/** A path where jobs run. */
const pathThere = (): z.ZodString =>
  z.string().regex(/^(?:\/|~\/)[^\n\0]*$/, "takes an absolute path, or one in the home there that begins with ~/");

const Requests = z.strictObject({
  burst: z.int().min(1).describe("So many at once"),
  per_second: z.number().gt(0).describe("So many more each second"),
});

/** How Slurm's commands are run, and where jobs have their folders. */
const slurmSettings = {
  slurm_conf: absolutePath()
    .optional()
    .describe("Absolute path of the cluster's slurm.conf; Slurm's own way of finding it where left out"),
  ssh: SshDestination.optional().describe(
    "The login node that it is reached over; this host where left out. All paths here are paths there",
  ),
  folder: pathThere()
    .optional()
    .describe(
      "Path of a folder that all nodes see, for the folders of jobs, absolute or from `~/`; `~/.sluice` where left out, of the Unix " +
        "user as whom the job runs. `{owner}` stands for that user, here and in work_directory",
    ),
  work_directory: pathThere()
    .optional()
    .describe(
      "Path where jobs start, absolute or from `~/`; where left out the folder that `sluice` runs in, over ssh the home there",
    ),
  requests: Requests.optional().describe(
    "How many requests it may be sent; what the cluster itself asks for, or 60 and 20, where left out",
  ),
};

/** Where slurmrestd is, as seen from this machine, and with what it is asked. */
const restSettings = {
  url: z
    .string()
    .regex(
      /^https?:\/\/[^\s/@?#]+(?:\/[^\s?#]*)?$/,
      "takes http://HOST:PORT or https://HOST, without a user, a query or a fragment",
    )
    .optional()
    .describe("Where slurmrestd listens: `http://HOST:6820`, or `https:` where a proxy has TLS"),
  socket: absolutePath().optional().describe("Absolute path of its unix socket, instead of a URL"),
  token_file: absolutePath()
    .optional()
    .describe("Absolute path of a file with a JSON Web Token; it is read again when it changes"),
  token_command: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("A command, word by word, that prints a token, on the host of Slurm's commands: `[scontrol, token]`"),
  user: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/, "takes the name of a user")
    .optional()
    .describe("Whose jobs a token of SlurmUser or root is for"),
  api_version: z
    .enum(restVersions.map(({ name }) => name))
    .optional()
    .describe("The version of slurmrestd's interface; the newest that both sides speak where left out"),
  ca_file: absolutePath()
    .optional()
    .describe("Absolute path of the certificates to trust for https, in place of the system's"),
};

/** One cluster of `sluice.yaml`. */
export const ClusterSettings = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z.literal("slurm"),
      ...slurmSettings,
      owners: Owners.optional().describe(
        "Who runs jobs as whom on this cluster; an entry here counts before one of all clusters",
      ),
    })
    .describe("Slurm, by its commands, on this host or over ssh"),
  z
    .strictObject({ kind: z.literal("slurm-rest"), ...restSettings, ...slurmSettings })
    .refine(({ url, socket }) => (url === undefined) !== (socket === undefined), {
      path: ["url"],
      message: "give one of url and socket",
    })
    .refine(({ token_file, token_command }) => token_file === undefined || token_command === undefined, {
      path: ["token_command"],
      message: "give one of token_file and token_command",
    })
    .describe("Slurm, by slurmrestd where that is quicker, and by its commands for the rest"),
  z
    .strictObject({
      kind: z.literal("process"),
      folder: pathThere()
        .optional()
        .describe("Path of the folder for the folders of jobs, absolute or from `~/`; Sluice's home where left out"),
    })
    .describe("This machine itself: each job is a plain process, and nothing is scheduled"),
  z
    .strictObject({ kind: z.literal("mock"), ...mockSettings })
    .superRefine(checkMockNodes)
    .describe(
      "A cluster that runs nothing, and has jobs end as it is told; for tests and demonstrations. It is in the memory of one " +
        "process, and gone with that",
    ),
]);
export type ClusterSettings = z.infer<typeof ClusterSettings>;

/** `sluice.yaml`: the clusters that a project uses. */
export const SluiceYaml = z
  .strictObject({
    $schema: z.string().optional().describe("The JSON Schema of this file, for editors; Sluice does not read it"),
    default: z
      .string()
      .optional()
      .describe("The cluster that takes jobs where none is named; the only one there is where left out"),
    clusters: z.record(z.string().min(1), ClusterSettings).describe("The clusters, each by its name"),
    owners: Owners.optional().describe(
      "Who runs jobs as whom; all jobs run as the user who runs Sluice where left out",
    ),
  })
  .refine((file) => file.default === undefined || Object.hasOwn(file.clusters, file.default), {
    path: ["default"],
    message: "names a cluster that is not under clusters",
  });
export type SluiceYaml = z.infer<typeof SluiceYaml>;
