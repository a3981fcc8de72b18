import { spawn } from "node:child_process";
import { constants } from "node:os";
import { SluiceError } from "../../errors.ts";
import { openCluster, requireRecord } from "../../launcher/clusters.ts";
import { quoteAll } from "../../schema/quote.ts";
import type { Context } from "../command.ts";
import { nameOf, openLauncher } from "./launcher.ts";
import type { SshOptions } from "./ssh.ts";

/** Resolves to the exit code of the remote command or shell. */
export async function ssh(context: Context, args: readonly string[], options: SshOptions): Promise<number> {
  const { node, command } = parseArguments(args);
  const deps = await openLauncher(context, {});
  const record = requireRecord(deps, await nameOf(context, options.name));
  const driver = deps.drivers.get(record.driver);
  const tty = context.io.stdinIsTTY && context.io.isTTY;
  const argv = driver.shell(openCluster(record), node, command, tty);
  if (options.print === true) {
    context.io.out(`${quoteAll(argv)}\n`);
    return 0;
  }
  if (!driver.alive(record).some((daemon) => daemon.name === "sshd")) {
    throw new SluiceError(
      "CLUSTER_NOT_RUNNING",
      `cluster "${record.name}" does not take logins; start it with: sluice cluster start --name ${record.name}`,
    );
  }
  const code = await runAttached(argv);
  // ssh itself failed, not the command; sshd tells clients no reasons.
  if (code === 255) context.io.err(`ssh was refused or cut off; why: sluice cluster logs sshd --name ${record.name}\n`);
  return code;
}

function parseArguments(args: readonly string[]): {
  readonly node: string | undefined;
  readonly command: readonly string[];
} {
  const separator = args.indexOf("--");
  const before = separator === -1 ? args : args.slice(0, separator);
  if (before.length > 1) {
    throw new SluiceError(
      "INPUT_INVALID",
      `"${before[1]}" is one argument too many; put a command behind --, as in: sluice cluster ssh ${before[0]} -- ${before.slice(1).join(" ")}`,
    );
  }
  return { node: before[0], command: separator === -1 ? [] : args.slice(separator + 1) };
}

/** The terminal belongs to ssh meanwhile: Ctrl-C is for the other side. */
function runAttached(argv: readonly string[]): Promise<number> {
  const [program = "ssh", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit" });
    child.once("error", (error) =>
      reject(new SluiceError("COMMAND_FAILED", `cannot run ${program}: ${error.message}`, { cause: error })),
    );
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
