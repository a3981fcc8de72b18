import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fakeGateway } from "../../test/fake-gateway.ts";
import { errorCodes } from "../error-codes.ts";
import { operations } from "./contract/operations.ts";

async function readPage(): Promise<{ readonly html: string; readonly policy: string }> {
  const response = await fakeGateway().request("/docs", { scope: "none" });
  return { html: await response.text(), policy: response.headers.get("content-security-policy") ?? "" };
}

const between = (html: string, tag: string): readonly string[] =>
  [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))].map(([, text = ""]) => text);

describe("the reference that a gateway serves", () => {
  test("its browser may run this one script and take this one style, and nothing else at all", async () => {
    const { html, policy } = await readPage();
    const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      ...between(html, "style").map((text) => `style-src ${hashOf(text)}`),
      ...between(html, "script").map((text) => `script-src ${hashOf(text)}`),
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(html).not.toMatch(/<(?:link|img|iframe|object)|\ssrc=|\son\w+=|\sstyle=/);
    expect([...html.matchAll(/href="([^"#]+)"/g)].map(([, href]) => href)).toEqual(["/openapi.json"]);
  });

  test("has every operation and every code, each where its link leads", async () => {
    const { html } = await readPage();
    for (const { id, path } of operations) {
      expect(html).toContain(`<section id="${id}">`);
      expect(html).toContain(`<a href="#${id}">`);
      expect(html).toContain(path);
    }
    for (const code of Object.keys(errorCodes)) expect(html).toContain(`<code>${code}</code>`);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
