import { registry } from "../../registry.ts";
import type { ProviderKind } from "../provider.ts";

/** The providers that a request can name, in the order of their documentation. A new one is one file and one line here. */
export const providerKinds = registry<ProviderKind>("topology provider", []);
