import { SluiceError } from "../../../errors.ts";
import { systemClock } from "../../../jobs/clock.ts";
import { restVersion } from "../../../slurm/rest/rest-version.ts";
import type { ClusterKind } from "../../cluster-kind.ts";
import type { ClusterSettings } from "../../sluice-yaml.ts";
import { slurmCapabilities } from "../slurm-cluster.ts";
import { createRestClient, type RestEndpoint } from "./rest-client.ts";
import { createRestCluster } from "./rest-cluster.ts";
import { createRestSession } from "./rest-session.ts";
import { createTokens, type TokenSource } from "./rest-token.ts";

type RestSettings = Extract<ClusterSettings, { readonly kind: "slurm-rest" }>;

export const slurmRestKind: ClusterKind = {
  kind: "slurm-rest",
  capabilities: slurmCapabilities,
  open({ settings, ...opening }) {
    if (settings?.kind !== "slurm-rest") {
      throw new SluiceError("CONFIG_INVALID", `cluster "${opening.name}": kind slurm-rest stands in sluice.yaml alone`);
    }
    const source = tokenSource(settings);
    const version = settings.api_version === undefined ? undefined : restVersion(settings.api_version);
    const session = createRestSession({
      client: createRestClient(endpoint(settings)),
      ...(source !== undefined && { tokens: createTokens(source, opening.runner, () => systemClock.now()) }),
      ...(settings.user !== undefined && { user: settings.user }),
      ...(version !== undefined && { version }),
    });
    return createRestCluster({ ...opening, session });
  },
};

function endpoint({ url, socket, ca_file: caFile }: RestSettings): RestEndpoint {
  if (socket !== undefined) return { socket };
  return { url: url ?? "", ...(caFile !== undefined && { caFile }) };
}

function tokenSource({ token_file: file, token_command: command }: RestSettings): TokenSource | undefined {
  if (file !== undefined) return { file };
  const [program, ...args] = command ?? [];
  return program === undefined ? undefined : { command: [program, ...args] };
}
