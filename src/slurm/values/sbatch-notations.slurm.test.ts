import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { afterAll, describe, expect, inject, test } from "vitest";
import { formatArraySpec, parseArraySpec, parseTaskList } from "./array-spec.ts";
import { formatDependency, parseDependency } from "./dependency.ts";
import { parseElapsed, parseTimeLimit, toWholeMinutes, type Duration } from "./duration.ts";
import { parseJobId } from "./job-id.ts";
import { formatMemoryMb, parseMemoryMb } from "./memory.ts";
import { parseNodeRange } from "./node-range.ts";

const run = promisify(execFile);
const submitted: string[] = [];

async function slurm(argv: readonly [string, ...string[]], variables: Record<string, string> = {}): Promise<string> {
  const [program, ...args] = argv;
  const env = { ...process.env, SLURM_CONF: inject("slurmConf"), ...variables };
  return (await run(program, args, { env, timeout: 20_000 })).stdout;
}

/** The id of a held job of this option, or `undefined` where sbatch refuses it. */
async function submitHeld(option: string): Promise<string | undefined> {
  try {
    const stdout = await slurm(["sbatch", "--hold", "--parsable", option, "--wrap=true"]);
    submitted.push(stdout.trim());
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** One field of `scontrol show job`. */
async function fieldOf(job: string, name: string): Promise<string> {
  const text = await slurm(["scontrol", "show", "job", job]);
  return new RegExp(`\\b${name}=(\\S*)`).exec(text)?.[1] ?? "";
}

/** The field of a held job of each option, `undefined` for a refused one. */
async function answers(options: readonly string[], field: string): Promise<(string | undefined)[]> {
  const result: (string | undefined)[] = options.map(() => undefined);
  const queue = options.entries();
  const worker = async (): Promise<void> => {
    for (const [i, option] of queue) {
      const job = await submitHeld(option);
      if (job !== undefined) result[i] = await fieldOf(job, field);
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return result;
}

/** What `read` makes of each text, `undefined` where it refuses. */
function readings<T>(texts: readonly string[], read: (text: string) => T): (T | undefined)[] {
  return texts.map((text) => {
    try {
      return read(text);
    } catch {
      return undefined;
    }
  });
}

afterAll(async () => {
  if (submitted.length > 0) await slurm(["scancel", ...submitted]);
});

describe("against sbatch and scontrol of the installed Slurm", () => {
  test("--time means the same limit, in whole minutes", async () => {
    const texts =
      "6 05 6:06 1:30 00:00:30 6:06:06 3-5 3-5:07 3-5:07:08 365-00:00:00 25:61:61 0:300 1-24 1-5:99 1- 0 00:00:00 UNLIMITED " +
      "infinite -1 foo 1.5 1:2:3:4 1-2:3:4:5 1--2 12-0m-23 12-05-23 2:12:05:23 1: :1 1-: 1m 1::2 infi";
    const values = texts.split(" ").concat(["", "1 "]);
    const limits = await answers(
      values.map((text) => `--time=${text}`),
      "TimeLimit",
    );
    const inMinutes = (duration: Duration | undefined): Duration | undefined =>
      typeof duration === "number" ? toWholeMinutes(duration) : duration;
    expect(readings(values, (text) => inMinutes(parseTimeLimit(text)))).toEqual(
      limits.map((limit) => (limit === undefined ? undefined : inMinutes(parseElapsed(limit)))),
    );
  });

  test("--mem means the same size", async () => {
    const values = "100 0 0G 1G 1GB 1g 1gb 1024M 1023K 1025K 1T 010 1.5G 1P 1B 1GiB -1 0x10 UNLIMITED 1GBB G"
      .split(" ")
      .concat("");
    const sizes = await answers(
      values.map((text) => `--mem=${text}`),
      "MinMemoryNode",
    );
    expect(readings(values, (text) => formatMemoryMb(parseMemoryMb(text)))).toEqual(sizes);
  });

  test("--nodes means the same range", async () => {
    const values = "1 2-2 1-2 -2 1k 1k-2k 1m 01-02 2-1 2k-1k 1- - 1,2 1-2-3 1:2 1.5 x 1-x 1g 1kb 2097152k".split(" ");
    const ranges = await answers(
      values.map((text) => `--nodes=${text}`),
      "NumNodes",
    );
    expect(readings(values, (text) => Object.values(parseNodeRange(text)).join("-"))).toEqual(ranges);
  });

  test("--array names the same tasks, and they are listed as Slurm lists them", async () => {
    const unit = fc.tuple(fc.nat(40), fc.nat(60), fc.integer({ min: 1, max: 9 }));
    const entry = unit.map(([first, more, step]) => (more < 10 ? `${first}` : `${first}-${first + more}:${step}`));
    const list = fc.array(entry, { minLength: 1, maxLength: 3 }).map((entries) => entries.join(","));
    const spec = fc.tuple(list, fc.constantFrom("", "%0", "%2", "%10")).map((parts) => parts.join(""));
    const values =
      "0 0-3 1,3-9:2%4 4,1,1 1,,2 ,1, [1-3] [1-3]%2 [1-3%2] 1-3:5 01-03 0-10:2 0-12:3 0-35:7 0-990:99 0-98:7,99 "
        .concat("5-1 1-5:0 1- -1 1-3-5 1:2 a 0x1 1.5 1;2 1-3:2:2 1-5?2 4294967295")
        .split(" ")
        .concat(fc.sample(spec, { seed: 20_222, numRuns: 40 }));
    const ids = await answers(
      values.map((text) => `--array=${text}`),
      "JobId",
    );
    const whole = await slurm(["squeue", "-h", "-o", "%F|%K"], { SLURM_BITSTR_LEN: "0" });
    const tasks = new Map(whole.split("\n").map((line) => [line.split("|")[0] ?? "", line.split("|")[1] ?? ""]));
    const listed = ids.map((id) => (id === undefined ? undefined : tasks.get(id)));
    expect(readings(values, (text) => formatArraySpec(parseArraySpec(text)))).toEqual(listed);
    expect(listed.filter((text) => text !== undefined).map((text) => formatArraySpec(parseTaskList(text)))).toEqual(
      listed.filter((text) => text !== undefined),
    );
  });

  test("a list of tasks that squeue cuts is read as cut, and never as a wrong task", async () => {
    const spec = "1-99:2,200%7";
    const id = await submitHeld(`--array=${spec}`);
    const whole = parseArraySpec(spec);
    for (const length of ["10", "20", "21", "22", "23", "64"]) {
      const text = await slurm(["squeue", "-h", "-j", id ?? "", "-o", "%i|%K"], { SLURM_BITSTR_LEN: length });
      const [jobId = "", list = ""] = text.trim().split("|");
      for (const tasks of [list, parseJobId(jobId).tasks ?? ""]) {
        const read = parseTaskList(tasks);
        expect(read.isTruncated).toBe(true);
        expect(whole.indices.slice(0, read.indices.length)).toEqual(read.indices);
      }
    }
  });

  test("--dependency means the same conditions, and squeue's account of them is read back", async () => {
    const [first, second, array] = [
      await submitHeld("--nice"),
      await submitHeld("--nice"),
      await submitHeld("--array=0-3"),
    ];
    const values =
      `afterok:J afterok:J:K afterok:J,afterany:K afterok:J?afterany:K after:J after:J+10 after:J+10:K+5 singleton ` +
      `SINGLETON singleton?afternotok:J aftercorr:R afterburstbuffer:J J J,K afterok:R_1 afterok:R_* afterok:R_[1-2] ` +
      `after:J+0 after:J+ after:J+x singleton:J J:K afterok afterok: afterok:J: afterok:J, ,afterok:J afterok:0 afterok:x ` +
      `foo:J none afterok:J;afterany:K afterok:J@c afterok:J.0 afterok:J,,afterany:K afterok:J? after:J-5`;
    const ids: Readonly<Record<string, string | undefined>> = { J: first, K: second, R: array };
    const options = values.split(" ").map((text) => text.replaceAll(/\b[JKR](?=$|\W|_)/g, (name) => ids[name] ?? name));
    const printed = await answers(
      options.map((text) => `--dependency=${text}`),
      "Dependency",
    );
    const expected = readings(options, (text) => {
      const { needs, terms } = parseDependency(text);
      // Slurm names all tasks where a whole array was named.
      const complete = terms.map((term) =>
        String(term.job) === array && term.task === undefined ? { ...term, task: "all" as const } : term,
      );
      return formatDependency({ needs, terms: complete.map((term) => ({ ...term, status: "unfulfilled" as const })) });
    });
    expect(expected).toEqual(printed);
  });
});
