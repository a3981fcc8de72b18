import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Client, Job, JobBody } from "../../client/client.ts";
import { SluiceError } from "../../errors.ts";
import { exitCodeOf } from "../../jobs/exit-code.ts";
import type { Context } from "../command.ts";
import { table } from "../table.ts";
import { plain } from "./job-text.ts";
import { openSession } from "./session.ts";
import { readSubmitArguments, type SubmitArguments } from "./submit-arguments.ts";

/** How long a process that submits by itself waits for the cluster to take the job. */
const handOverMs = 30_000;

/** `sluice submit`. Returns 0 once the job is stored; with `--wait` the job's own exit code. */
export async function submit(context: Context, argv: readonly string[], showHelp: () => void): Promise<number> {
  const args = readSubmitArguments(argv);
  if (args.help) {
    showHelp();
    return 0;
  }
  const { io, signal } = context;
  const job = await readJob(args, context);
  await using session = await openSession(context);
  const { client, isLocal, sharesPaths } = session;
  const body: JobBody = { ...(sharesPaths && { cwd: context.cwd }), ...job };
  if (args.testOnly) return await testOnly(context, client, body, args);

  const { idempotencyKey } = args;
  const accepted = await client.submit(body, { signal, idempotencyKey });
  if (!args.json) io.out(`${accepted.id}\n`);
  const last = args.wait
    ? await client.wait(accepted.id, { signal })
    : isLocal
      ? await handOver(context, client, accepted)
      : accepted;
  if (args.json) io.out(`${JSON.stringify(last)}\n`);
  if (last.state === "rejected")
    throw new SluiceError("SUBMIT_REJECTED", last.error?.message ?? "the scheduler refused the job");
  return args.wait ? exitCodeOf({ ...last, nativeId: last.nativeId ?? "-", rawState: last.rawState ?? "" }) : 0;
}

/** Without a gateway nobody but this process hands the job to its cluster, so it stays until that has happened. */
async function handOver({ io, signal }: Context, client: Client, job: Job): Promise<Job> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(handOverMs)]);
  try {
    return await client.wait(job.id, {
      signal: deadline,
      until: ({ state }) => state !== "accepted" && state !== "submitting",
    });
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error;
    io.err(`sluice: the job is stored, and its cluster has not taken it yet; \`sluice serve\` goes on trying\n`);
    return client.job(job.id);
  }
}

async function testOnly(
  { io, signal }: Context,
  client: Client,
  body: JobBody,
  { json }: SubmitArguments,
): Promise<number> {
  const results = await client.test(body, { signal });
  if (json) io.out(`${JSON.stringify({ results }, undefined, 2)}\n`);
  else {
    io.out(
      table(
        ["CLUSTER", "TAKES IT", "START", "NODES", "MESSAGE"],
        results.map(({ cluster, accepted, startAt, nodes, message }) => [
          cluster,
          accepted ? "yes" : "no",
          startAt ?? "-",
          nodes ?? "-",
          plain(message),
        ]),
      ),
    );
  }
  if (results.some(({ accepted }) => accepted)) return 0;
  throw new SluiceError("SUBMIT_REJECTED", "no cluster takes this job");
}

async function readJob({ body, job }: SubmitArguments, { cwd, io }: Context): Promise<JobBody> {
  if ("command" in job) return { ...body, command: job.command };
  const fromStdin = job.script === "-";
  const path = resolve(cwd, job.script);
  const bytes = fromStdin
    ? await buffer(io.stdin)
    : await readFile(path).catch((cause: unknown) => {
        throw new SluiceError("FILE_UNREADABLE", `the script ${path} cannot be read`, {
          cause,
          details: { file: path },
        });
      });
  const name = fromStdin ? "stdin" : basename(job.script);
  const isNamed = body.name !== undefined || /^#SBATCH\s.*(?:--job-name|-J)/m.test(bytes.toString("latin1"));
  return {
    ...body,
    ...(!isNamed && { name }),
    script: decode(bytes, path),
    ...(job.args.length > 0 && { args: job.args }),
  };
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SluiceError("SCRIPT_INVALID", `the script ${path} is not UTF-8, in which a job is handed in`, { cause });
  }
}
