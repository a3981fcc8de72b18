import { spawn } from "node:child_process";
import type { Socket } from "node:net";

const deadlineMs = 10_000;

/**
 * Asks the kernel for the peer of a descriptor: getsockopt(2), SO_PEERCRED, which gives pid, uid and gid of who called connect(2),
 * whatever becomes of that process later (unix(7)). The descriptor is not the first three, whose mode would be changed for this
 * process too.
 */
const ask = `use Socket;
open my $peer, "+<&=", 3 or die;
my $said = getsockopt $peer, SOL_SOCKET, SO_PEERCRED or die;
print +(unpack "iII", $said)[1];`;

/**
 * The uid of who is at the other end of a unix socket that nothing has been read from yet; `undefined` where it cannot be had.
 * Node has no call for it, so that a short-lived Perl is asked, about 5 ms for each connection. Only Linux has it in this form.
 */
export function peerUid(socket: Socket): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = spawn("perl", ["-e", ask], {
      env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
      stdio: ["ignore", "pipe", "ignore", socket],
      timeout: deadlineMs,
      killSignal: "SIGKILL",
    });
    let said = "";
    child.stdout?.setEncoding("latin1").on("data", (text: string) => (said += text));
    child.once("error", () => resolve(undefined));
    child.once("close", (code) => resolve(code === 0 && /^\d{1,10}$/.test(said) ? Number(said) : undefined));
  });
}
