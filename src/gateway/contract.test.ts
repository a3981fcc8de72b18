import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { exampleRequest } from "../../test/example-request.ts";
import { fakeGateway } from "../../test/fake-gateway.ts";
import { Problem } from "../schema/api-problem.ts";
import { nouns } from "./contract/nouns.ts";
import { toOpenApi } from "./contract/open-api.ts";
import { operations } from "./contract/operations.ts";

describe("the contract", () => {
  test("its OpenAPI document is valid 3.1", async () => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(toOpenApi(operations, "1.2.3"))));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  test("its description forbids no field of a request that clients send", () => {
    expect(JSON.stringify(toOpenApi(operations, "1.2.3"))).not.toContain("readOnly");
  });

  test("what a submit makes leads to every operation on it", () => {
    const text = JSON.stringify(toOpenApi(operations, "1.2.3"));
    for (const { id } of operations.filter(({ path }) => path.includes("{id}"))) {
      expect(text).toContain(`"${id}":{"operationId":"${id}","parameters":{"id":"$response.body#/id"}}`);
    }
  });

  test("every operation has a name and a place of its own", () => {
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
    expect(new Set(operations.map(({ method, path }) => `${method} ${path}`)).size).toBe(operations.length);
  });

  test.each(operations.map((operation) => [operation.id, operation] as const))(
    "the example of %s is answered as the contract says",
    async (_, operation) => {
      const { request, service, closing, log } = fakeGateway();
      service.pieces = [{ offset: 0, bytes: Buffer.from("hello\n") }];
      service.tell("01KB0000000000000000000001");
      const response = await request(...exampleRequest(operation));
      expect(response.status).toBe(operation.result.status);
      const { result } = operation;
      const media = "json" in result ? ["application/json"] : result.media;
      expect(media).toContain(response.headers.get("content-type")?.split(";")[0]);
      closing.abort();
      const text = await response.text();
      expect(text).not.toBe("");
      expect("json" in result ? result.json.safeParse(JSON.parse(text)).error : undefined).toBeUndefined();
      expect(log).toMatchObject([{ event: "request", operation: operation.id, status: operation.result.status }]);
    },
  );

  test.each(
    operations.filter(({ scope }) => scope !== "public").map((operation) => [operation.id, operation] as const),
  )("%s asks for a token, and says so in a problem", async (_, operation) => {
    const { request } = fakeGateway();
    const [path, init] = exampleRequest(operation);
    const response = await request(path, { ...init, scope: "none" });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(Problem.parse(await response.json())).toMatchObject({ code: "UNAUTHENTICATED", status: 401, retry: false });
  });

  test("every noun is used, by an operation or by another noun", () => {
    const text = JSON.stringify(toOpenApi(operations, "1.2.3"));
    const unused = Object.keys(nouns).filter((name) => !text.includes(`"#/components/schemas/${name}"`));
    expect(unused).toEqual(["StoredEvent"]);
  });
});
