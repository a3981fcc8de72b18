import { expect, test } from "vitest";
import { TopologyError } from "../topology-error.ts";
import { cloudEndpoint } from "./cloud-endpoint.ts";

test("the first variable that is set names the endpoint, and an empty one is not set", () => {
  const environment = { A: "", B: "http://127.0.0.1:1/v1", C: "https://c" };
  expect(cloudEndpoint(environment, "A", "B", "C")?.href).toBe("http://127.0.0.1:1/v1");
  expect(cloudEndpoint(environment, "A", "D")).toBeUndefined();
});

test.each(["nowhere", "file:///etc/passwd", "http://"])("%o is no endpoint", (value) => {
  expect(() => cloudEndpoint({ A: value }, "A")).toThrow(new TopologyError(400, "the variable A holds no URL"));
});
