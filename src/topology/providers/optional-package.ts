import { TopologyError } from "../topology-error.ts";

/**
 * Loads a cloud's own client, which Sluice does not bring along: few need it, and it is large. Throws `TopologyError` (400),
 * which says what to install, where it or a part of it is missing.
 */
export async function optionalPackage<Module>(
  provider: string,
  packages: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error)) throw error;
    const message = `provider "${provider}" needs packages that are not installed: npm install ${packages}`;
    throw new TopologyError(400, message, { cause: error });
  }
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "ERR_MODULE_NOT_FOUND" || error.code === "MODULE_NOT_FOUND";
}
