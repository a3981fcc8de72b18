import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { virtualEnvironment } from "../../scripts/virtual-environment.ts";

const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));

/** The path of Schemathesis, installed where it is not there yet. Throws with what to do where it cannot be had. */
export async function ensureSchemathesis(): Promise<string> {
  return join(await virtualEnvironment("schemathesis", requirements), "schemathesis");
}
