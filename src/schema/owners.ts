import { z } from "zod";

/**
 * A Unix user by name, in the form that useradd(8) takes or that a directory of a whole organisation gives
 * (`alice@example.org`): no option, path, number or pattern can be one.
 */
export const UnixUser = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_.@-]{0,63}$/,
    "takes the name of a Unix user: letters, digits and _ . @ -, no digit first",
  );

/** A Slurm account by name. */
const Account = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}$/, "takes the name of one Slurm account: letters, digits and _ . @ + -");

const Pattern = z
  .string()
  .min(1)
  .max(1_000)
  .superRefine((text, issue) => {
    const fault = patternFault(text);
    if (fault !== undefined) issue.addIssue({ code: "custom", message: `is no regular expression: ${fault}` });
  });

/** Stands in paths and logins for the Unix user whom a job's owner is mapped to. */
export const ownerPlaceholder = "{owner}";

/** As whom the jobs of somebody run. */
const Owner = z.strictObject({
  user: UnixUser.optional().describe(
    "The Unix user; `same` for the one that is called as the subject is. The one who runs the gateway where left out, who " +
      "is not root then",
  ),
  account: Account.optional().describe(
    "The Slurm account of jobs that name none; the first of `accounts` where left out",
  ),
  accounts: z
    .array(Account)
    .min(1)
    .readonly()
    .optional()
    .describe(
      "The accounts that jobs may name, beside `account`; any that Slurm lets the user have where both are left out",
    ),
  matching: Pattern.optional().describe(
    'With the subject `"*"`: a regular expression that the whole of a subject has to match',
  ),
});
export type Owner = z.infer<typeof Owner>;

/** What stands for every subject that has no entry of its own. */
export const everySubject = "*";

/** Who of those that the gateway knows runs jobs as which Unix user, and under which Slurm account. */
export const Owners = z.record(z.string().min(1).max(1_000), Owner).superRefine((owners, issue) => {
  for (const [subject, owner] of Object.entries(owners)) {
    const fault = faultOf(subject, owner);
    if (fault !== undefined) issue.addIssue({ code: "custom", path: [subject, fault.field], message: fault.problem });
  }
});
export type Owners = z.infer<typeof Owners>;

function faultOf(subject: string, { user, matching }: Owner): { field: string; problem: string } | undefined {
  const isRule = subject === everySubject;
  if (isRule && matching === undefined) {
    const problem = `is missing: say which subjects "*" is for, such as matching: "[a-z]{3,8}"`;
    return { field: "matching", problem };
  }
  if (!isRule && matching !== undefined) {
    return { field: "matching", problem: `goes with the subject "*" alone; an entry of its own is for one subject` };
  }
  if (isRule && user === "root") {
    return { field: "user", problem: `is root, which takes an entry of its own for each subject` };
  }
  return undefined;
}

function patternFault(text: string): string | undefined {
  try {
    RegExp(text, "v").test("");
    return undefined;
  } catch (error) {
    return String(error);
  }
}
