import { TopologyError } from "../topology-error.ts";

/** A credential that has to be given; one that is empty counts as given. Throws `TopologyError` (400). */
export function requiredCredential(creds: ReadonlyMap<string, string>, name: string): string {
  const value = creds.get(name);
  if (value === undefined) throw new TopologyError(400, `credentials error: missing '${name}'`);
  return value;
}
