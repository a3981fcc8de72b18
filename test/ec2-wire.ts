import type { WireAnswer } from "./wire-server.ts";

/** A page of `DescribeInstanceTopology` as EC2 writes it. */
export function ec2Page(items: readonly string[], nextToken?: string): WireAnswer {
  const next = nextToken === undefined ? "" : `<nextToken>${nextToken}</nextToken>`;
  const body = `<requestId>r</requestId><instanceSet>${items.join("")}</instanceSet>${next}`;
  const namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";
  return {
    headers: { "content-type": "text/xml;charset=UTF-8" },
    body: `<?xml version="1.0" encoding="UTF-8"?><DescribeInstanceTopologyResponse xmlns="${namespace}">${body}</DescribeInstanceTopologyResponse>`,
  };
}

/** An instance on such a page. */
export function ec2Item(id: string, networkNodes: readonly string[], capacityBlock?: string): string {
  const nodes = networkNodes.map((node) => `<item>${node}</item>`).join("");
  const block = capacityBlock === undefined ? "" : `<capacityBlockId>${capacityBlock}</capacityBlockId>`;
  return `<item><instanceId>${id}</instanceId><instanceType>p5.48xlarge</instanceType><networkNodeSet>${nodes}</networkNodeSet><availabilityZone>z</availabilityZone><zoneId>z</zoneId>${block}</item>`;
}

/** An error as EC2 writes it. */
export function ec2Fault(status: number, code: string, message: string): WireAnswer {
  const body = `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r</RequestID></Response>`;
  return { status, headers: { "content-type": "text/xml;charset=UTF-8" }, body };
}
