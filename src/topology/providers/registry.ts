import { registry } from "../../registry.ts";
import type { ProviderKind } from "../provider.ts";
import { awsSim } from "./aws-sim.ts";
import { crusoeSim } from "./crusoe-sim.ts";
import { dsxSim } from "./dsx-sim.ts";
import { gcpSim } from "./gcp-sim.ts";
import { infinibandSim } from "./infiniband-sim.ts";
import { lambdaiSim } from "./lambdai-sim.ts";
import { nebiusSim } from "./nebius-sim.ts";
import { nscaleSim } from "./nscale-sim.ts";
import { ociSim } from "./oci-sim.ts";
import { testProvider } from "./test.ts";

/** The providers that a request can name, in the order of their documentation. A new one is one file and one line here. */
export const providerKinds = registry<ProviderKind>("topology provider", [
  awsSim,
  crusoeSim,
  dsxSim,
  gcpSim,
  infinibandSim,
  lambdaiSim,
  nebiusSim,
  nscaleSim,
  ociSim,
  testProvider,
]);
