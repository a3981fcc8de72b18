import { resolve } from "node:path";
import { nearestFile } from "../../assemble.ts";
import { ownerFaults, readSelf } from "../../assemble-owners.ts";
import { checkSluiceYaml, type PlacedProblem } from "../../clusters/check-sluice-yaml.ts";
import { readSettingsFile } from "../../clusters/settings-file.ts";
import type { SluiceYaml } from "../../clusters/sluice-yaml.ts";
import { errorCodes } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import type { Context } from "../command.ts";
import { table } from "../table.ts";
import { visibleLine } from "../visible.ts";
import { connectAll, type Connection } from "./connect.ts";

export interface CheckOptions {
  readonly connect?: boolean;
  readonly deadline: string;
  readonly json?: boolean;
}

/** `sluice config check`: 0 where all is well, else the exit code of `CONFIG_INVALID`, or of the first cluster that failed. */
export async function checkConfig(context: Context, file: string | undefined, options: CheckOptions): Promise<number> {
  const deadlineMs = toDeadlineMs(options.deadline);
  const path = file === undefined ? nearestFile("sluice.yaml", context.cwd) : resolve(context.cwd, file);
  if (path === undefined) {
    throw new SluiceError(
      "FILE_UNREADABLE",
      `there is no sluice.yaml in ${context.cwd} or above it; name one, or make one`,
    );
  }
  const self = readSelf();
  const { settings, problems } = checkSluiceYaml(readSettingsFile(path), (found) => ownerFaults(self, found));
  const connections =
    options.connect === true && settings !== undefined ? await connectAll(context, settings, deadlineMs) : undefined;
  const { io } = context;
  if (options.json === true) {
    const answer = {
      file: path,
      valid: problems.length === 0,
      problems,
      ...(connections && { clusters: connections }),
    };
    io.out(`${JSON.stringify(answer, undefined, 2)}\n`);
  } else {
    io.out(problems.map((problem) => problemText(path, problem)).join("") || validText(path, settings));
    if (connections !== undefined) io.out(connectionsTable(connections));
  }
  if (problems.length > 0) return errorCodes.CONFIG_INVALID.exit;
  const failed = connections?.find(({ code }) => code !== undefined);
  return failed?.code === undefined ? 0 : errorCodes[failed.code].exit;
}

function problemText(path: string, { line, column, field, problem, remedy, suggestion }: PlacedProblem): string {
  const hint = suggestion === undefined ? remedy : `Did you mean ${suggestion}? ${remedy}`;
  const where = `${path}:${line}:${column}: ${field === undefined ? "" : `${field}: `}`;
  return `${visibleLine(`${where}${problem}`)}\n${hint.trim() === "" ? "" : `  ${visibleLine(hint)}\n`}`;
}

function validText(path: string, settings: SluiceYaml | undefined): string {
  const names = Object.keys(settings?.clusters ?? {});
  return visibleLine(`${path}: all is well; ${names.length === 1 ? "one cluster" : `${names.length} clusters`}`) + "\n";
}

function connectionsTable(connections: readonly Connection[]): string {
  return table(
    ["CLUSTER", "KIND", "STATUS", "SECONDS", "MESSAGE"],
    connections.map(({ name, kind, status, seconds, message }) => [
      visibleLine(name),
      kind,
      status,
      seconds.toFixed(2),
      visibleLine(message),
    ]),
  );
}

function toDeadlineMs(text: string): number {
  const seconds = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && seconds > 0 && seconds <= 3_600) return seconds * 1_000;
  throw new SluiceError("INPUT_INVALID", `--deadline takes seconds up to 3600, not ${JSON.stringify(text)}`, {
    details: { field: "--deadline" },
  });
}
