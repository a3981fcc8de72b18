import { SluiceError } from "../../errors.ts";
import type { Submission } from "../../schema/stored-job.ts";
import { mergeComponents } from "../../slurm/batch/merge-options.ts";
import { parseArguments } from "../../slurm/batch/parse-arguments.ts";
import { readScript } from "../../slurm/batch/read-script.ts";
import type { RunAs } from "../run-as.ts";

/** sbatch's options that would have a job run as somebody else. */
const ofOthers: readonly string[] = ["uid", "gid"];

/**
 * The submission under an account that its owner may use: the one that it names itself, the owner's first where it names
 * none. The account stands on the command line then, which wins over whatever sbatch finds elsewhere: `#PBS` lines and
 * variables. Throws `FORBIDDEN` for other accounts, and for a job that is to run as somebody else.
 */
export function withAccount(submission: Submission, { user, accounts }: RunAs): Submission {
  if (user === undefined && accounts === undefined) return submission;
  const { components } = readScript(Buffer.from(submission.script, "base64").toString("utf8"));
  const parts = mergeComponents({ script: components, commandLine: parseArguments(submission.options).components });
  const given = parts.map((options) => new Map(options.map(({ option, value }) => [option.name, value])));
  const other = ofOthers.find((name) => given.some((options) => options.has(name)));
  if (other !== undefined) {
    throw forbidden(`--${other}`, `cannot be given here: whose job it is follows from who asks; leave it out`);
  }
  if (accounts === undefined) return submission;
  const [account = accounts[0], ...others] = new Set(given.map((options) => options.get("account") ?? accounts[0]));
  if (others.length > 0) {
    throw forbidden(
      "--account",
      `has to be the same for all parts of a job; they name ${[account, ...others].join(", ")}`,
    );
  }
  if (!accounts.includes(account)) {
    throw forbidden(
      "--account",
      `${JSON.stringify(account)} is not open to this owner, who may use ${accounts.join(", ")}`,
    );
  }
  return { ...submission, options: [...submission.options, `--account=${account}`] };
}

function forbidden(field: string, problem: string): SluiceError {
  return new SluiceError("FORBIDDEN", `${field} ${problem}`, { details: { field } });
}
