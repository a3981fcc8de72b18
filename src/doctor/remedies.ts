import type { Host } from "./host.ts";
import { packagesOf, type Packaging, type ProgramName } from "./programs.ts";

/** How to mend a machine of one kind. */
export interface Remedies {
  /** For people: the operating system. */
  readonly system: string;
  readonly packaging: Packaging | undefined;
  /** The command that installs these programs, or where to find them. */
  install(names: readonly ProgramName[]): string;
}

const installers: Readonly<Record<Packaging, string>> = {
  apt: "apt-get install -y --no-install-recommends",
  dnf: "dnf install -y",
};

/** Reads the machine's kind from its platform and, on Linux, os-release(5). */
export async function remediesFor(host: Host): Promise<Remedies> {
  return remediesOf(host.platform, (await host.readText("/etc/os-release")) ?? "", host.uid === 0);
}

/** As `remediesFor`, from the facts alone. */
export function remediesOf(platform: string, osRelease: string, isRoot: boolean): Remedies {
  const fields = readOsRelease(osRelease);
  const packaging = platform === "linux" ? packagingOf(fields) : undefined;
  const sudo = isRoot ? "" : "sudo ";
  return {
    system: platform === "linux" ? (fields.get("PRETTY_NAME") ?? "Linux") : platform,
    packaging,
    install(names) {
      if (platform !== "linux") return "Slurm's daemons run on Linux alone: use a Linux machine, container or WSL2";
      if (packaging === undefined) {
        return `install from your distribution: ${packagesOf(names, "apt").join(", ")} (their names in Debian)`;
      }
      return `${sudo}${installers[packaging]} ${packagesOf(names, packaging).join(" ")}`;
    },
  };
}

function packagingOf(fields: ReadonlyMap<string, string>): Packaging | undefined {
  const family = `${fields.get("ID") ?? ""} ${fields.get("ID_LIKE") ?? ""}`.split(/\s+/);
  if (family.includes("debian") || family.includes("ubuntu")) return "apt";
  if (family.includes("fedora") || family.includes("rhel")) return "dnf";
  return undefined;
}

function readOsRelease(text: string): Map<string, string> {
  const lines = text.matchAll(/^([A-Z_]+)=(?:"([^"\n]*)"|'([^'\n]*)'|([^\n]*))$/gm);
  return new Map([...lines].map(([, key = "", double, single, bare]) => [key, double ?? single ?? bare ?? ""]));
}
