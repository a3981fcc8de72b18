import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";

/** How real sbatch answered: the records of the held job, one for each component, or its complaint. */
export type SbatchAnswer = { readonly records: readonly JobFacts[] } | { readonly refusal: string };

/** What `scontrol show job` says of a held job, in its own words. */
export interface JobFacts {
  readonly name: string;
  readonly comment: string;
  readonly nodes: string;
  readonly cpus: number;
  readonly timeLimit: string;
  /** `MinMemoryNode=1G` */
  readonly memory: string;
  readonly sharing: string;
}

/** Real sbatch on the tests' cluster. Every job is submitted held and cancelled with the oracle. */
export interface SbatchOracle extends AsyncDisposable {
  /** The script's file is always called `job.sh`. */
  submit(script: string, argv?: readonly string[], env?: Readonly<Record<string, string>>): Promise<SbatchAnswer>;
  /** sbatch on a script, whatever it does with it. */
  runScript(argv: readonly string[], script: string): Promise<Finished>;
  run(program: string, argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const deadlineMs = 20_000;

/** Opens the oracle; to be closed by whoever opened it. */
export async function openSbatchOracle(): Promise<SbatchOracle> {
  const dir = await mkdtemp(join(tmpdir(), "sbatch-oracle-"));
  const base: NodeJS.ProcessEnv = { ...process.env, SLURM_CONF: inject("slurmConf") };
  for (const name of Object.keys(base)) {
    if (/^(?:SBATCH_|SLURM_(?!CONF$))/.test(name)) delete base[name];
  }
  const jobs: string[] = [];
  let scripts = 0;

  const run: SbatchOracle["run"] = (program, argv, env = {}) =>
    new Promise((resolve, reject) => {
      const options = { cwd: dir, env: { ...base, ...env }, timeout: deadlineMs };
      const child = execFile(program, argv, options, (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== "number") reject(error);
        else resolve({ exitCode: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
      });
      child.stdin?.end();
    });

  const write = async (script: string): Promise<string> => {
    const place = join(dir, String((scripts += 1)));
    await mkdir(place);
    await writeFile(join(place, "job.sh"), script);
    return join(place, "job.sh");
  };

  return {
    run,
    runScript: async (argv, script) => run("sbatch", [...argv, await write(script)]),
    async submit(script, argv = [], env = {}) {
      const submitted = await run("sbatch", ["--hold", "--parsable", ...argv, await write(script)], env);
      const id = submitted.stdout.trim().split(";")[0] ?? "";
      if (submitted.exitCode !== 0 || id === "") return { refusal: submitted.stderr };
      jobs.push(id);
      const { stdout } = await run("scontrol", ["show", "job", id]);
      return {
        records: stdout
          .trim()
          .split(/\n\n(?=JobId=)/)
          .map(toFacts),
      };
    },
    async [Symbol.asyncDispose]() {
      if (jobs.length > 0) await run("scancel", jobs);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Reads the many-line form of `scontrol show job`, where a name or comment is the rest of its line. */
function toFacts(record: string): JobFacts {
  const field = (pattern: RegExp): string => pattern.exec(record)?.[1] ?? "";
  return {
    name: field(/ JobName=(.*)$/m),
    comment: field(/^ {3}Comment=(.*?) ?$/m),
    nodes: field(/ NumNodes=(\S+)/),
    cpus: Number(field(/ NumCPUs=(\d+)/)),
    timeLimit: field(/ TimeLimit=(\S+)/),
    memory: field(/ (MinMemory(?:Node|CPU)=\S+)/),
    sharing: field(/ OverSubscribe=(\S+)/),
  };
}
