import { errorCodes } from "../errors.ts";
import type { Operation } from "./contract/operation.ts";
import { referenceEntry } from "./contract/reference.ts";

const style = `
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1,h2,h3{line-height:1.2}h2{margin-top:3rem;border-bottom:1px solid #ccc}h3{margin-top:2rem}
code,pre{font:14px/1.45 ui-monospace,monospace}pre{background:#f3f4f6;padding:.75rem;overflow:auto;border-radius:6px}
table{border-collapse:collapse}td,th{text-align:left;padding:.25rem .75rem .25rem 0;vertical-align:top}
.method{text-transform:uppercase;font-weight:600;color:#0a5a9c}.scope{color:#57606a}
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#15181c}pre{background:#20252b}.method{color:#6cb6ff}.scope{color:#9aa4ae}}`;

/** The reference as one static page: no script, nothing from elsewhere. */
export function docsPage(operations: readonly Operation[], version: string): Response {
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  const body = tags
    .map((tag) => {
      const sections = operations.filter((operation) => operation.tag === tag).map((operation) => section(operation));
      return `<h2>${upperFirst(tag)}</h2>${sections.join("")}`;
    })
    .join("");
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sluice</title><style>${style}</style></head><body><h1>Sluice ${escape(version)}</h1><p>The HTTP door. <a href="/openapi.json">OpenAPI 3.1</a> · <a href="/docs/errors.md">Errors</a></p>${body}</body></html>`;
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    },
  });
}

function section(operation: Operation): string {
  const { id, method, path, scope, summary, description } = operation;
  const { parameters, curl } = referenceEntry(operation);
  const rows = parameters.map(
    ({ name, place, meaning }) =>
      `<tr><td><code>${escape(name)}</code></td><td>${place}</td><td>${escape(meaning)}</td></tr>`,
  );
  return [
    `<h3 id="${id}"><span class="method">${method}</span> <code>${escape(path)}</code></h3>`,
    `<p>${escape(summary)}. <span class="scope">Scope: ${scope}.</span></p>`,
    description === undefined ? "" : `<p>${escape(description)}</p>`,
    rows.length === 0 ? "" : `<table>${rows.join("")}</table>`,
    `<pre>${escape(curl)}</pre>`,
  ].join("");
}

/** What each code means: where the `type` of a problem leads. */
export function errorsPage(): Response {
  const sections = Object.entries(errorCodes).map(
    ([code, { meaning, remedy, http }]) => `## ${code}\n\n${meaning}\n\n${remedy}\n\nHTTP ${http}\n`,
  );
  return new Response(`# Errors\n\n${sections.join("\n")}`, {
    headers: { "content-type": "text/markdown; charset=utf-8" },
  });
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
