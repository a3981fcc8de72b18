import { probe } from "../probe.ts";
import type { ProgramName } from "../programs.ts";
import type { Check } from "../report.ts";

interface ServiceFacts {
  readonly paths: ReadonlyMap<string, string>;
}

const services = [
  {
    id: "mariadb",
    title: "MariaDB",
    needs: ["mariadbd", "mariadb-install-db"],
    why: "accounting, with --with-accounting",
  },
  {
    id: "registry",
    title: "docker-registry",
    needs: ["docker-registry"],
    why: "an image registry, with --with-registry",
  },
] as const satisfies readonly { id: string; title: string; needs: readonly ProgramName[]; why: string }[];

export const optionalServices = probe<ServiceFacts>({
  kind: "services",
  async inspect(host) {
    const names = services.flatMap(({ needs }) => [...needs]);
    const found = await Promise.all(names.map(async (name) => [name, await host.find(name)] as const));
    return { paths: new Map(found.flatMap(([name, path]) => (path === undefined ? [] : [[name, path] as const]))) };
  },
  judge: ({ paths }, remedies) =>
    services.map(({ id, title, needs, why }): Check => {
      const lacking = needs.filter((name) => !paths.has(name));
      return {
        id,
        title,
        status: lacking.length === 0 ? "ok" : "missing",
        needed: false,
        found: lacking.length === 0 ? (paths.get(needs[0]) ?? "") : `not found: ${lacking.join(", ")}`,
        why,
        ...(lacking.length === 0 ? {} : { remedy: remedies.install(lacking) }),
      };
    }),
});
