import { probe } from "../probe.ts";
import type { ProgramName } from "../programs.ts";
import type { Check } from "../report.ts";

/** Path and what `-V` said, where the program is here. */
type Tool = { readonly path: string; readonly text: string } | undefined;

interface SshFacts {
  readonly client: Tool;
  readonly server: Tool;
}

export const ssh = probe<SshFacts>({
  kind: "ssh",
  async inspect(host, signal) {
    const look = async (name: ProgramName): Promise<Tool> => {
      const path = await host.find(name);
      if (path === undefined) return undefined;
      // sshd before 9.4 knows no -V, and names its version in the refusal.
      const { stdout, stderr } = await host.run([path, "-V"], signal);
      return { path, text: `${stdout}${stderr}` };
    };
    return { client: await look("ssh"), server: await look("sshd") };
  },
  judge({ client, server }, remedies) {
    const row = (id: string, title: string, why: string, tool: Tool, name: ProgramName): Check => ({
      id,
      title,
      status: tool === undefined ? "missing" : "ok",
      needed: false,
      found: tool === undefined ? "not found" : `${/OpenSSH_[^\s,]+/.exec(tool.text)?.[0] ?? "present"} ${tool.path}`,
      why,
      ...(tool === undefined ? { remedy: remedies.install([name]) } : {}),
    });
    return [
      row("ssh.client", "ssh client", "sluice cluster ssh", client, "ssh"),
      row("ssh.server", "ssh server", "a test cluster's own sshd", server, "sshd"),
    ];
  },
});
