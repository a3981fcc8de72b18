import { expect, test } from "vitest";
import { toParamMap } from "./to-param-map.ts";

test("objects become maps at every depth, and no key is special", () => {
  const given: unknown = JSON.parse('{"a":[1,null,{"__proto__":"x"}],"b":{}}');
  expect(toParamMap(given)).toEqual(
    new Map<string, unknown>([
      ["a", [1, null, new Map([["__proto__", "x"]])]],
      ["b", new Map()],
    ]),
  );
});

test("maps are taken as they are, and what is undefined is left out", () => {
  expect(toParamMap(new Map([["a", { b: undefined, c: -0 }]]))).toEqual(new Map([["a", new Map([["c", -0]])]]));
});

test.each([
  [7, "parameters are an object, not a number"],
  [[], "parameters are an object, not a list"],
  [null, "parameters are an object, not null"],
  [{ a: () => 1 }, "a parameter cannot be a function"],
  [new Map([[1, 2]]), "a parameter cannot be named by a number"],
])("%j is refused: %s", (value, message) => {
  expect(() => toParamMap(value)).toThrow(new TypeError(message));
});

test("what is nested deeper than any settings is refused", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = [deep];
  expect(() => toParamMap({ deep })).toThrow("parameters are nested more than 500 deep");
});
