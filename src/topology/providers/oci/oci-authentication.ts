import type * as OciCommon from "oci-common";
import { TopologyError } from "../../topology-error.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { failureText } from "../failure-text.ts";
import { requiredCredential } from "../required-credential.ts";
import { untilAborted } from "../until-aborted.ts";

/** With what requests to Oracle Cloud are signed, and whose hosts are listed. */
export interface OciAuthentication {
  readonly provider: OciCommon.AuthenticationDetailsProvider;
  readonly tenancyId: string;
}

/** The metadata service of an instance answers at once, or there is none. */
const metadataDeadlineMs = 60_000;

/**
 * Finds credentials: those that are given, else those of the SDK's configuration file, else those of the instance that this
 * process runs on. Throws `TopologyError`: 400 where one is missing, 401 where there are none, 502 where they name no tenancy.
 */
export async function authenticate(
  common: typeof OciCommon,
  creds: ReadonlyMap<string, string>,
  host: Pick<TopologyHost, "environment" | "log">,
  signal: AbortSignal,
): Promise<OciAuthentication> {
  if (creds.size > 0) return givenCredentials(common, creds);
  let configured: InstanceType<typeof common.ConfigFileAuthenticationDetailsProvider>;
  try {
    configured = new common.ConfigFileAuthenticationDetailsProvider();
  } catch (error) {
    host.log("info", `no configuration of Oracle Cloud: ${failureText(error)}; trying the instance's own credentials`);
    return instancePrincipal(common, host, signal);
  }
  return { provider: configured, tenancyId: requiredTenancy(configured.getTenantId()) };
}

function givenCredentials(
  { SimpleAuthenticationDetailsProvider }: typeof OciCommon,
  creds: ReadonlyMap<string, string>,
): OciAuthentication {
  const tenancyId = requiredCredential(creds, "tenancyId");
  const user = requiredCredential(creds, "userId");
  requiredCredential(creds, "region");
  const fingerprint = requiredCredential(creds, "fingerprint");
  const privateKey = requiredCredential(creds, "privateKey");
  const passphrase = creds.get("passphrase") || null;
  const provider = new SimpleAuthenticationDetailsProvider(tenancyId, user, fingerprint, privateKey, passphrase);
  return { provider, tenancyId };
}

async function instancePrincipal(
  { InstancePrincipalsAuthenticationDetailsProviderBuilder }: typeof OciCommon,
  { environment }: Pick<TopologyHost, "environment">,
  signal: AbortSignal,
): Promise<OciAuthentication> {
  const builder = new InstancePrincipalsAuthenticationDetailsProviderBuilder();
  const metadata = environment["OCI_METADATA_BASE_URL"];
  if (metadata !== undefined && metadata !== "") builder.metadataBaseUrl = metadata;
  const deadline = AbortSignal.timeout(metadataDeadlineMs);
  try {
    const provider = await untilAborted(builder.build(), AbortSignal.any([signal, deadline]));
    return { provider, tenancyId: requiredTenancy(builder.tenancyId) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TopologyError) throw error;
    throw new TopologyError(401, `unable to authenticate API: ${failureText(error)}`);
  }
}

function requiredTenancy(tenancyId: string | undefined): string {
  if (tenancyId !== undefined && tenancyId !== "") return tenancyId;
  throw new TopologyError(502, "unable to get tenancy OCID from config: there is none");
}
