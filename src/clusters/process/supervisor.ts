// The program that stays with a job of the `process` cluster: `node supervisor.js FOLDER`. It survives the Sluice that
// started it, and ends with the job.
import { readFileSync } from "node:fs";
import { readConfig } from "../../config.ts";
import { claimJob } from "./claim.ts";
import { JobPlan } from "./job-plan.ts";
import { superviseJob } from "./supervise.ts";

const directory = process.argv[2] ?? "";
// A job that was submitted again after a crash may have a supervisor already.
if (!claimJob(directory)) process.exit(0);
const cancelled = new AbortController();
process.on("SIGTERM", () => cancelled.abort());
process.on("SIGINT", () => cancelled.abort());
process.on("SIGHUP", () => {});
await superviseJob({
  directory,
  plan: JobPlan.parse(JSON.parse(readFileSync(`${directory}/job.json`, "utf8"))),
  environment: readConfig().environment,
  cancelled: cancelled.signal,
});
