import { create, createFileRegistry, type DescMethod, type DescMethodUnary } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { z } from "zod";

/**
 * What Sluice needs of Nebius's API, fields with their numbers; a reader of Protocol Buffers passes over all others.
 * Source: https://github.com/nebius/api, nebius/compute/v1/instance_service.proto, nebius/compute/v1/instance.proto,
 * nebius/common/v1/metadata.proto and nebius/iam/v1/token_service.proto.
 */
const messages: Readonly<Record<string, Readonly<Record<string, FieldOf>>>> = {
  ListInstancesRequest: { parent_id: [1, "string"], page_size: [2, "int64"], page_token: [3, "string"] },
  ListInstancesResponse: { items: [1, "repeated", "Instance"], next_page_token: [2, "string"] },
  Instance: {
    metadata: [1, "message", "ResourceMetadata"],
    spec: [2, "message", "InstanceSpec"],
    status: [3, "message", "InstanceStatus"],
  },
  ResourceMetadata: { id: [1, "string"] },
  InstanceSpec: { nvl_instance_group_id: [21, "string"] },
  InstanceStatus: { infiniband_topology_path: [10, "message", "InstanceStatusInfinibandTopologyPath"] },
  InstanceStatusInfinibandTopologyPath: { path: [1, "strings"] },
  ExchangeTokenRequest: {
    grant_type: [1, "string"],
    requested_token_type: [2, "string"],
    subject_token: [3, "string"],
    subject_token_type: [4, "string"],
  },
  CreateTokenResponse: { access_token: [1, "string"], token_type: [3, "string"], expires_in: [4, "int64"] },
};

type FieldOf = readonly [number: number, kind: "string" | "strings" | "int64" | "message" | "repeated", of?: string];

/** Lists instances, a page at a time. */
export const listInstances = describeMethod("nebius.compute.v1", "InstanceService", {
  name: "List",
  input: "ListInstancesRequest",
  output: "ListInstancesResponse",
});

/** Gives a token for the word of a service account. */
export const exchangeToken = describeMethod("nebius.iam.v1", "TokenExchangeService", {
  name: "Exchange",
  input: "ExchangeTokenRequest",
  output: "CreateTokenResponse",
});

/** A page of instances, as read from its message. */
export const InstancePage = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ id: z.string() }).optional(),
      spec: z.object({ nvlInstanceGroupId: z.string() }).optional(),
      status: z.object({ infinibandTopologyPath: z.object({ path: z.array(z.string()) }).optional() }).optional(),
    }),
  ),
  nextPageToken: z.string(),
});

/** A token, as read from its message. */
export const IssuedToken = z.object({ accessToken: z.string(), tokenType: z.string() });

/** Every service is described with all messages, in its own package: names of messages do not go over the wire. */
function describeMethod(
  within: string,
  service: string,
  { name, input, output }: { readonly name: string; readonly input: string; readonly output: string },
): DescMethodUnary {
  const file = create(FileDescriptorProtoSchema, {
    name: `${within}.${service}.proto`,
    package: within,
    syntax: "proto3",
    messageType: Object.entries(messages).map(([message, fields]) => ({
      name: message,
      field: Object.entries(fields).map(([field, [number, kind, of]]) => ({
        name: field,
        number,
        label:
          kind === "repeated" || kind === "strings"
            ? FieldDescriptorProto_Label.REPEATED
            : FieldDescriptorProto_Label.OPTIONAL,
        type: typeOf(kind),
        ...(of !== undefined && { typeName: `.${within}.${of}` }),
      })),
    })),
    service: [
      { name: service, method: [{ name, inputType: `.${within}.${input}`, outputType: `.${within}.${output}` }] },
    ],
  });
  const found = createFileRegistry(file, () => undefined).getService(`${within}.${service}`)?.methods[0];
  if (found === undefined || !isUnary(found)) throw new Error(`the description of ${service} holds no method ${name}`);
  return found;
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

function typeOf(kind: FieldOf[1]): FieldDescriptorProto_Type {
  if (kind === "int64") return FieldDescriptorProto_Type.INT64;
  return kind === "string" || kind === "strings" ? FieldDescriptorProto_Type.STRING : FieldDescriptorProto_Type.MESSAGE;
}
