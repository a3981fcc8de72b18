import { expect, test } from "vitest";
import { optionalPackage } from "./optional-package.ts";

test("a client that is not installed is named, with how to install it", async () => {
  const name = "@nobody/has-this";
  await expect(optionalPackage("aws", name, () => import(name))).rejects.toMatchObject({
    status: 400,
    message: 'provider "aws" needs packages that are not installed: npm install @nobody/has-this',
  });
});

test("a client that fails while it is loaded fails as it does", async () => {
  const failure = new Error("broken");
  await expect(optionalPackage("aws", "x", () => Promise.reject(failure))).rejects.toBe(failure);
});

test("a client that is installed is handed on", async () => {
  expect(await optionalPackage("aws", "x", async () => ({ loaded: true }))).toEqual({ loaded: true });
});
