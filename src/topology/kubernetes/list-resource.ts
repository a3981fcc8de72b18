import {
  KubernetesError,
  type KubernetesObject,
  type KubernetesResource,
  type KubernetesSelection,
} from "../kubernetes-api.ts";
import { pathOf, readPage } from "./api-objects.ts";
import type { ApiServer } from "./api-server.ts";

/** Objects on a page, as many as Kubernetes' own client asks for. */
const pageSize = 500;

export interface ListedObjects {
  readonly items: readonly KubernetesObject[];
  /** The moment of the listing, from which a watch goes on. */
  readonly resourceVersion: string;
}

/**
 * Lists in pages. Where a page comes so late that the server has forgotten the listing (410), all is listed anew, at one go.
 * Throws `KubernetesError`.
 */
export async function listResource(
  server: ApiServer,
  resource: KubernetesResource,
  { namespace, labelSelector, fieldSelector }: KubernetesSelection,
  signal: AbortSignal,
): Promise<ListedObjects> {
  const path = pathOf(resource, namespace === undefined ? {} : { namespace });
  const items: KubernetesObject[] = [];
  let limit: string | undefined = String(pageSize);
  let next = "";
  const asked = new Set<string>();
  for (;;) {
    try {
      const query = { labelSelector, fieldSelector, limit, continue: next === "" ? undefined : next };
      const page = readPage(await server.text({ method: "GET", path, query }, signal));
      for (const item of page.items) items.push(item);
      next = page.next;
      // A server that gives a page twice would be asked for ever.
      if (asked.has(next)) throw new KubernetesError(0, "the API server gives the same page again and again");
      asked.add(next);
      if (next === "") return { items, resourceVersion: page.resourceVersion };
    } catch (error) {
      const isForgotten = error instanceof KubernetesError && error.status === 410 && next !== "";
      if (!isForgotten) throw error;
      items.length = 0;
      next = "";
      limit = undefined;
    }
  }
}
