import { registry } from "../../registry.ts";
import type { ProviderKind } from "../provider.ts";
import { aws } from "./aws/aws.ts";
import { awsSim } from "./aws-sim.ts";
import { crusoe } from "./crusoe.ts";
import { crusoeSim } from "./crusoe-sim.ts";
import { dra } from "./dra.ts";
import { dsxSim } from "./dsx-sim.ts";
import { gcp } from "./gcp/gcp.ts";
import { gcpSim } from "./gcp-sim.ts";
import { infinibandBm } from "./infiniband-bm.ts";
import { infinibandK8s } from "./infiniband-k8s.ts";
import { infinibandSim } from "./infiniband-sim.ts";
import { kubernetes } from "./kubernetes.ts";
import { lambdai } from "./lambdai/lambdai.ts";
import { lambdaiSim } from "./lambdai-sim.ts";
import { nebius } from "./nebius/nebius.ts";
import { nebiusSim } from "./nebius-sim.ts";
import { netq } from "./netq.ts";
import { nscale } from "./nscale/nscale.ts";
import { nscaleSim } from "./nscale-sim.ts";
import { oci } from "./oci/oci.ts";
import { ociImds } from "./oci-imds.ts";
import { ociSim } from "./oci-sim.ts";
import { testProvider } from "./test.ts";

/** The providers that a request can name, in the order of their documentation. A new one is one file and one line here. */
export const providerKinds = registry<ProviderKind>("topology provider", [
  aws,
  awsSim,
  crusoe,
  crusoeSim,
  dra,
  dsxSim,
  gcp,
  gcpSim,
  infinibandBm,
  infinibandK8s,
  infinibandSim,
  kubernetes,
  lambdai,
  lambdaiSim,
  nebius,
  nebiusSim,
  netq,
  nscale,
  nscaleSim,
  oci,
  ociImds,
  ociSim,
  testProvider,
]);
