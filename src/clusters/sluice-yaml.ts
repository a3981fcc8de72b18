import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { SluiceError } from "../errors.ts";
import { Owners } from "../schema/owners.ts";
import { SshDestination } from "../schema/ssh-destination.ts";
import { mockSettings } from "./mock-settings.ts";

/** How many requests a cluster likes: a full bucket of `burst`, and `per_second` more each second. */
const Requests = z.strictObject({ burst: z.int().min(1), per_second: z.number().gt(0) });

/** One cluster of `sluice.yaml`. */
export const ClusterSettings = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("slurm"),
    /** Absolute path of the cluster's slurm.conf; Slurm's own way of finding it where left out. */
    slurm_conf: z.string().startsWith("/", "takes an absolute path").optional(),
    /** The login node that it is reached over; this host where left out. All paths here are paths there. */
    ssh: SshDestination.optional(),
    /**
     * Absolute path of a folder that all nodes see, for the folders of jobs; `~/.sluice` where left out, of the Unix user as
     * whom the job runs. `{owner}` stands for that user, here and below.
     */
    folder: z.string().startsWith("/", "takes an absolute path").optional(),
    /** Absolute path where jobs start; where left out the folder that `sluice` runs in, over ssh the home there. */
    work_directory: z.string().startsWith("/", "takes an absolute path").optional(),
    /** What the cluster asks for itself, or 60 and 20 where left out. */
    requests: Requests.optional(),
    /** Who runs jobs as whom on this cluster; an entry here counts before one of all clusters. */
    owners: Owners.optional(),
  }),
  z.strictObject({
    kind: z.literal("process"),
    folder: z.string().startsWith("/", "takes an absolute path").optional(),
  }),
  z.strictObject({ kind: z.literal("mock"), ...mockSettings }),
]);
export type ClusterSettings = z.infer<typeof ClusterSettings>;

/** `sluice.yaml`: the clusters that a project uses. */
export const SluiceYaml = z
  .strictObject({
    /** The one that takes jobs where none is named; the only one where left out. */
    default: z.string().optional(),
    clusters: z.record(z.string().min(1), ClusterSettings),
    /** Who runs jobs as whom; all jobs run as the user who runs Sluice where left out. */
    owners: Owners.optional(),
  })
  .refine((file) => file.default === undefined || Object.hasOwn(file.clusters, file.default), {
    path: ["default"],
    message: "names a cluster that is not under clusters",
  });
export type SluiceYaml = z.infer<typeof SluiceYaml>;

/** Reads the text of `sluice.yaml`; `path` is for messages. Throws `CONFIG_INVALID` with line and column. */
export function readSluiceYaml(text: string, path: string): SluiceYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fail = (offset: number, problem: string): SluiceError => {
    const { line, col } = lines.linePos(offset);
    return new SluiceError("CONFIG_INVALID", `${path}:${line}:${col}: ${problem}`, {
      details: { file: path, line, column: col },
    });
  };
  const error = document.errors[0];
  if (error !== undefined) throw fail(error.pos[0], `not YAML: ${error.message}`);
  const parsed = SluiceYaml.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path ?? [];
  throw fail(offsetOf(document, field), `${field.map(String).join(".") || "the file"}: ${issue?.message ?? "wrong"}`);
}

/** Where a field stands, or the innermost one around it that is there. */
function offsetOf(document: ReturnType<typeof parseDocument>, field: readonly PropertyKey[]): number {
  for (let depth = field.length; depth > 0; depth--) {
    const node: unknown = document.getIn(field.slice(0, depth), true);
    if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)) {
      return Number(node.range[0]);
    }
  }
  return 0;
}
